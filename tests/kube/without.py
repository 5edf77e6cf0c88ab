"""Passes YAML documents on, but for those of one API group: without.py GROUP < in > out."""
import re
import sys

group = sys.argv[1]
documents = re.split(r"(?m)^---\s*$", sys.stdin.read())
kept = [text for text in documents if text.strip() and f"apiVersion: {group}/" not in text]
print("---\n".join(kept))
