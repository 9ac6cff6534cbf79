"""Events made up from their types, for tests that go over every event class there is."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

import services
import shared
from shared.log.events import Event

_SCALARS: dict[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.NoneType: st.none(),
    inspect.BoolType: st.booleans(),
    inspect.IntType: st.integers(0, 10**15),
    inspect.StrType: st.text(max_size=20),
    inspect.UUIDType: st.uuids(),
    inspect.DateType: st.dates(),
    inspect.DateTimeType: st.datetimes(timezones=st.just(UTC)),
    inspect.DecimalType: st.decimals(allow_nan=False, allow_infinity=False, places=4).map(Decimal),
    # What travelled as JSON is kept as it is.
    inspect.AnyType: st.none() | st.booleans() | st.integers(0, 10**12) | st.text(max_size=10),
}


def of_type(kind: type[Any]) -> st.SearchStrategy[Any]:
    return _made(inspect.type_info(kind))


def _made(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one line per kind of type
    if type(info) in _SCALARS:
        return _SCALARS[type(info)]
    match info:
        case inspect.Metadata():
            return _made(info.type)
        case inspect.UnionType():
            return st.one_of([_made(part) for part in info.types])
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.EnumType():
            return st.sampled_from(list(info.cls))
        case inspect.ListType():
            return st.lists(_made(info.item_type), max_size=2)
        case inspect.VarTupleType():
            return st.lists(_made(info.item_type), max_size=2).map(tuple)
        case inspect.TupleType():
            return st.tuples(*(_made(part) for part in info.item_types))
        case inspect.SetType() | inspect.FrozenSetType():
            kind = frozenset if isinstance(info, inspect.FrozenSetType) else set
            return st.lists(_made(info.item_type), max_size=2).map(kind)
        case inspect.DictType():
            return st.dictionaries(_made(info.key_type), _made(info.value_type), max_size=2)
        case inspect.NamedTupleType():
            return st.tuples(*(_made(field.type) for field in info.fields)).map(lambda of: info.cls(*of))
        case inspect.StructType():
            parts = {field.name: _made(field.type) for field in info.fields}
            return st.builds(info.cls, **parts)
    raise TypeError(f"no way to make up a {info}")


def event_classes() -> list[type[Event]]:
    """Every event class of the program, by topic: those that are not only the base of others."""
    for package in (shared, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return sorted(set(_leaves(Event)), key=lambda kind: getattr(kind, "TOPIC", ""))


def _leaves(kind: type[Event]) -> Iterator[type[Event]]:
    for below in kind.__subclasses__():
        ours = below.__module__.partition(".")[0] in ("shared", "services")
        if ours and ("TOPIC" in below.__dict__ or not below.__subclasses__()):
            yield below
        yield from _leaves(below)
