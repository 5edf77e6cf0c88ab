// The JSON API of this console.

async function answer(response) {
  if (response.ok) return response.json();
  const told = await response.json().catch(() => ({}));
  throw new Error(told.error ?? `the console answered ${response.status}`);
}

export const get = async (path) => answer(await fetch(`/api/v1/${path}`));

export async function post(path, body) {
  const headers = { "content-type": "application/json", "x-leakwatch-request": "1" };
  return answer(await fetch(`/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function runbook(rule) {
  const response = await fetch(`/runbooks/${encodeURIComponent(rule)}`);
  return response.ok ? response.text() : null;
}
