"""The checks, in their order. Each takes the browser, a server of the index, and the programs."""

from . import colours, keys, looks, map, troubles, views, walking

ALL = [
    (name.replace("_", " "), check)
    for module in (walking, views, map, colours, keys, troubles, looks)
    for name, check in vars(module).items()
    if callable(check) and getattr(check, "__module__", "") == module.__name__ and not name.startswith("_")
]
