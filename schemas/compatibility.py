"""Which changes of a published JSON Schema break those who already use it.

What agencies write must go on being accepted: a new required field, a removed field, a narrower type, bound, list or pattern breaks. What
the centre writes must go on being readable: a removed or no longer required field, or a widened type, breaks.
"""

from typing import Any, Literal

Schema = dict[str, Any]
Direction = Literal["written by agencies", "written by the centre"]

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


def breaking_changes(old: Schema, new: Schema, direction: Direction) -> list[str]:
    """What breaks between two versions of one schema, each as `path: what`; empty where the newer is compatible."""
    if direction == "written by agencies":
        return _Comparison(old, new).narrower(old, new, "")
    return [f"{line} (seen from its readers)" for line in _Comparison(new, old).narrower(new, old, "")]


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _label(schema: Schema) -> str:
    """What tells the branches of a union apart."""
    for discriminator in ("kind", "scheme"):
        if constant := schema.get("properties", {}).get(discriminator, {}).get("const"):
            return str(constant)
    return str(schema.get("title") or schema.get("pattern") or schema.get("type") or schema.get("const"))


class _Comparison:
    """One walk over two schemas, collecting where `new` refuses what `old` accepted."""

    def __init__(self, old_root: Schema, new_root: Schema) -> None:
        self.old_root, self.new_root = old_root, new_root
        self.found: list[str] = []
        self.seen: set[tuple[int, int]] = set()

    def narrower(self, old: Schema, new: Schema, path: str) -> list[str]:
        old, new = _resolve(old, self.old_root), _resolve(new, self.new_root)
        if (id(old), id(new)) in self.seen:
            return self.found
        self.seen.add((id(old), id(new)))
        if any(word in schema for word in ("anyOf", "oneOf") for schema in (old, new)):
            self.branches(old, new, path)
        else:
            self.values(old, new, path or "(root)")
            self.properties(old, new, path)
            if "items" in new:
                self.narrower(old.get("items", {}), new["items"], f"{path}[]")
        return self.found

    def branches(self, old: Schema, new: Schema, path: str) -> None:
        olds = [_resolve(branch, self.old_root) for branch in old.get("anyOf") or old.get("oneOf") or [old]]
        news = {_label(branch): branch for branch in (_resolve(b, self.new_root) for b in new.get("anyOf") or new.get("oneOf") or [new])}
        for branch in olds:
            if match := news.get(_label(branch)):
                self.narrower(branch, match, path)
            else:
                self.found.append(f"{path or '(root)'}: no longer accepts {_label(branch)}")

    def values(self, old: Schema, new: Schema, path: str) -> None:
        if "type" in new and new["type"] != old.get("type"):
            self.found.append(f"{path}: type was {old.get('type', 'any')}, is {new['type']}")
        allowed = new.get("enum") or ([new["const"]] if "const" in new else None)
        if allowed is not None:
            had = old.get("enum") or ([old["const"]] if "const" in old else None)
            lost = "any value" if had is None else ", ".join(str(value) for value in had if value not in allowed)
            if lost:
                self.found.append(f"{path}: no longer accepts {lost}")
        for word in (*_UPPER, *_LOWER):
            if word in new and (word not in old or (new[word] < old[word] if word in _UPPER else new[word] > old[word])):
                self.found.append(f"{path}: {word} was {old.get(word, 'absent')}, is {new[word]}")
        for word in ("pattern", "format"):
            if word in new and new[word] != old.get(word):
                self.found.append(f"{path}: {word} was {old.get(word, 'absent')}, is {new[word]}")

    def properties(self, old: Schema, new: Schema, path: str) -> None:
        had, has = old.get("properties", {}), new.get("properties", {})
        for name, schema in had.items():
            here = f"{path}.{name}" if path else name
            if name in has:
                self.narrower(schema, has[name], here)
            elif new.get("additionalProperties") is False:
                self.found.append(f"{here}: removed")
        for name in new.get("required", ()):
            if name not in old.get("required", ()):
                self.found.append(f"{path}.{name}: is now required" if path else f"{name}: is now required")
