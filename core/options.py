"""Frozen, validated configs: one declaration gives checks, command line, forms and URL.

A config is a frozen dataclass that inherits `Config` and declares each field with `option`.
Its meaning, unit and allowed range live in the field itself and nowhere else.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Self

LARGEST = 10**18


class ConfigError(ValueError):
    """A field name or value that the config does not allow, said in one line of plain words."""


@dataclass(frozen=True)
class Option:
    """What is known of one config field: meaning, unit and what it may hold."""

    name: str
    kind: type
    default: Any
    doc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None

    @property
    def allowed(self) -> str:
        """The allowed values in words, e.g. `0 to 50` or `1, 2`."""
        if self.choices is not None:
            return ", ".join(str(choice) for choice in self.choices)
        if self.low is not None and self.high is not None:
            return f"{_short(self.low)} to {_short(self.high)}"
        if self.kind is bool:
            return "true, false"
        return {int: "a whole number", float: "a number"}.get(self.kind, "text")

    def parse(self, text: str) -> Any:
        """Turn `text` (from a command line or a URL) into a value; raises ConfigError."""
        try:
            value = self._from_text(text.strip())
        except ValueError:
            raise ConfigError(f"{self.name}={text!r}: expected {self.allowed}") from None
        self.check(value)
        return value

    def _from_text(self, text: str) -> Any:
        if self.kind is bool:
            if text.lower() in ("true", "1", "yes"):
                return True
            if text.lower() in ("false", "0", "no"):
                return False
            raise ValueError(text)
        return self.kind(text)

    def check(self, value: Any) -> None:
        """Raise ConfigError when `value` is of the wrong type, not finite or out of range."""
        right_type = isinstance(value, (int, float)) if self.kind is float else isinstance(value, self.kind)
        if isinstance(value, int) and abs(value) > LARGEST:  # no float can hold it
            raise ConfigError(f"{self.name} has too many digits: allowed is {self.allowed}")
        if not right_type or (isinstance(value, bool) and self.kind is not bool):
            raise ConfigError(f"{self.name}={value!r}: expected {self.allowed}")
        if self.choices is not None and value not in self.choices:
            raise ConfigError(f"{self.name}={value!r}: must be one of {self.allowed}")
        if self.kind in (int, float):
            if not math.isfinite(value):
                raise ConfigError(f"{self.name}={value!r}: must be a finite number")
            if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
                raise ConfigError(f"{self.name}={value:g} is out of range: allowed is {self.allowed}")

    def clamp(self, value: Any) -> Any:
        """The nearest allowed value (numbers), or the default where there is no nearest one."""
        try:
            self.check(value)
            return value
        except ConfigError:
            pass
        if self.kind in (int, float) and isinstance(value, (int, float)) and not math.isnan(value):
            if self.choices is not None:
                return min(self.choices, key=lambda choice: abs(choice - value))
            low = -math.inf if self.low is None else self.low
            high = math.inf if self.high is None else self.high
            nearest = min(max(value, low), high)
            if math.isfinite(nearest):
                return self.kind(nearest)
        return self.default


def _short(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def option(
    default: Any,
    doc: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """Declare a config field with its meaning (`doc`), `unit` and range or `choices`."""
    metadata = {"doc": doc, "unit": unit, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=metadata)


def _described(one: Field[Any]) -> Option:
    return Option(one.name, type(one.default), one.default, **one.metadata)


class Config:
    """Base of every config: it validates itself when made, and can be changed by flat field names.

    FORMER_NAMES gives, by the name that a field had in saved runs and links, the name that it has now.
    """

    FORMER_NAMES: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for one in own_options(type(self)):
            one.check(getattr(self, one.name))

    def updated(self, **changes: Any) -> Self:
        """A copy with `changes`, whose names may also be those of a nested config (its task).

        Raises ConfigError on an unknown name or a value out of range.
        """
        changes = {self.present_name(name): value for name, value in changes.items()}
        known = {one.name for one in options(self)}
        for name in changes:
            if name not in known:
                raise ConfigError(f"unknown field {name!r}: allowed are {', '.join(sorted(known))}")
        own = {one.name for one in own_options(type(self))}
        here = {name: value for name, value in changes.items() if name in own}
        below = {name: value for name, value in changes.items() if name not in own}
        for name, nested in nested_configs(self):
            inside = {one.name for one in options(nested)}
            part = {key: value for key, value in below.items() if key in inside}
            if part:
                here[name] = nested.updated(**part)
        return replace(self, **here)  # type: ignore[type-var]

    def with_text(self, assignments: list[str]) -> Self:
        """A copy with `field=value` texts applied, as given to `--set`. Raises ConfigError."""
        known = {one.name: one for one in options(self)}
        changes = {}
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            name = self.present_name(name.strip())
            if not equals:
                raise ConfigError(f"{assignment!r}: expected field=value")
            if name not in known:
                raise ConfigError(f"unknown field {name!r}: allowed are {', '.join(sorted(known))}")
            changes[name] = known[name].parse(text)
        return self.updated(**changes)

    def present_name(self, name: str) -> str:
        """Return the name that the field `name` has now, which may have had another one in saved runs."""
        for _, nested in nested_configs(self):
            name = nested.present_name(name)
        return self.FORMER_NAMES.get(name, name)

    def flat(self) -> dict[str, Any]:
        """Every field and its value, nested ones included, under their flat names."""
        values = {one.name: getattr(self, one.name) for one in own_options(type(self))}
        for _, nested in nested_configs(self):
            values |= nested.flat()
        return values


def own_options(config: type[Config]) -> list[Option]:
    """The fields of `config` itself, without those of its nested configs."""
    assert is_dataclass(config)
    return [_described(one) for one in fields(config) if one.metadata]


def nested_configs(config: Config) -> Iterator[tuple[str, Config]]:
    """Name and value of each field that is itself a config."""
    for one in fields(config):  # type: ignore[arg-type]
        value = getattr(config, one.name)
        if isinstance(value, Config):
            yield one.name, value


def options(config: Config) -> list[Option]:
    """Every field of `config` and of its nested configs."""
    found = own_options(type(config))
    for _, nested in nested_configs(config):
        found += options(nested)
    return found
