// Charts, in the colours of the page.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const HEIGHT = 260;

const DAY = 86400;
const WEEK = 7 * DAY;

/// Times as the rest of the page writes them.
function times(_chart, splits, _axis, _space, step) {
  const how = step >= DAY ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", ...(step < 60 && { second: "2-digit" }) };
  return splits.map((at) => new Date(at * 1000).toLocaleString("en-GB", how));
}

function axes(values) {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  return [{ ...axis, ...(values && { values, space: 70 }) }, { ...axis, size: 56 }];
}

function draw(box, options, data) {
  const width = Math.max(280, box.clientWidth);
  const chart = new uPlot({ width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, axes: axes(), ...options }, data, box);
  new ResizeObserver(() => chart.setSize({ width: Math.max(280, box.clientWidth), height: HEIGHT })).observe(box);
  return chart;
}

/// Customers over time, against what is allowed and what is usual. `levels`: [{value, name, dash}].
export function timeline(box, points, levels) {
  const moments = points.map((point) => Date.parse(point.time) / 1000);
  const line = (name, from) => ({ label: name, stroke: colour(from), width: 2, points: { show: false } });
  const level = ({ name, from, dash }) => ({ ...line(name, from), dash, width: 1.5 });
  const series = [{}, { ...line("read", "--read"), fill: `${colour("--read")}22` }, line("sent", "--sent"),
    line("read and sent", "--both"), ...levels.map(level)];
  const flat = levels.map(({ value }) => moments.map(() => value));
  draw(box, { series, axes: axes(times) }, [moments, points.map((p) => p.read), points.map((p) => p.egressed), points.map((p) => p.overlap), ...flat]);
}

/// Incidents a week by limit, and customers lost where they are known; gives what moves the mark to another limit.
export function byLimit(box, { limits, weekly, customers }) {
  const line = (label, from, scale) => ({ label, scale, stroke: colour(from), width: 2, points: { show: false } });
  const mark = (from, scale) => ({ scale, stroke: colour(from), points: { show: true, size: 12, fill: colour(from) } });
  const series = [{}, line("incidents a week", "--read", "y"), mark("--read", "y")];
  if (customers) series.push(line("customers lost", "--both", "lost"), mark("--both", "lost"));
  const all = axes();
  if (customers) all.push({ ...all[1], scale: "lost", side: 1, grid: { show: false } });
  const at = (values, chosen) => limits.map((_, place) => (place === chosen ? values[place] : null));
  const data = (chosen) => [limits, weekly, at(weekly, chosen), ...(customers ? [customers, at(customers, chosen)] : [])];
  const chart = draw(box, { series, axes: all, scales: { x: { time: false } } }, data(-1));
  return (chosen) => chart.setData(data(chosen));
}

/// What a rule raised, and what became of its cases, week by week.
export function byWeek(box, weeks) {
  const moments = weeks.map((week) => Date.parse(week.from) / 1000);
  // Which is which is told by their places, left and right, and by the figures below, not by colour alone.
  const bars = (label, from, align) => ({ label, stroke: colour(from), fill: colour(from), width: 0, points: { show: false },
    paths: uPlot.paths.bars({ size: [0.35, 36], align }) });
  const series = [{}, bars("cases judged", "--read", -1), bars("of them leaks", "--both", 1),
    { label: "incidents raised", stroke: colour("--soft"), width: 1.5, dash: [4, 4], points: { show: true, size: 6, fill: colour("--soft") } }];
  // Bars stand beside their week's moment: half a week more at both ends, and whole numbers up to one at least.
  const x = { time: true, range: (_chart, least, most) => [least - WEEK / 2, most + WEEK / 2] };
  const y = { range: (_chart, _least, most) => [0, Math.max(1, most * 1.1)] };
  const all = axes(times);
  all[1] = { ...all[1], incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] };
  const of = (name) => weeks.map((week) => week[name]);
  draw(box, { series, axes: all, scales: { x, y } }, [moments, of("judged"), of("right"), of("raised")]);
}
