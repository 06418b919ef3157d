"""Frozen, validated configs: a single declaration gives checks, command line, forms and URL.

A config is a frozen dataclass that inherits `Config` and declares each field with `option`.
The meaning, unit and allowed range of a field are stated there and nowhere else.
"""

import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Self

from core.words import Words

LARGEST = 10**18
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60  # characters of a wrong value that an error repeats
LONGEST_TEXT = 200  # characters of a setting that is a text


class ConfigError(ValueError):
    """A field name or value that the config does not allow; the text is a line of plain words."""


@dataclass(frozen=True)
class Option:
    """A config field: its name, type, meaning, unit and allowed values."""

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
            return Words("{low} to {high}", low=_short(self.low), high=_short(self.high))
        if self.kind is bool:
            return "true, false"
        if self.kind is int:
            return Words("a whole number")
        return Words("a number") if self.kind is float else Words("text")

    def parse(self, text: str) -> Any:
        """Turn `text` (from a command line or a URL) into a value; raises ConfigError."""
        try:
            value = self._from_text(text.strip())
        except ValueError:
            raise self._error("{name}={value}: expected {allowed}", text) from None
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
            raise self._error("{name} has too many digits: allowed is {allowed}")
        if not right_type or (isinstance(value, bool) and self.kind is not bool):
            raise self._error("{name}={value}: expected {allowed}", value)
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            text = "{name} has {length} characters: at most {most} are allowed"
            raise ConfigError(Words(text, name=self.name, length=len(value), most=LONGEST_TEXT))
        if self.choices is not None and value not in self.choices:
            raise self._error("{name}={value}: must be one of {allowed}", value)
        if self.kind in (int, float):
            if not math.isfinite(value):
                raise self._error("{name}={value}: must be a finite number", value)
            if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
                text = "{name}={value:g} is out of range: allowed is {allowed}"
                raise ConfigError(Words(text, name=self.name, value=value, allowed=self.allowed))

    def _error(self, template: str, value: Any = None) -> ConfigError:
        """Return an error about a value, whose sentence a page can translate."""
        return ConfigError(Words(template, name=self.name, value=_shown(value), allowed=self.allowed))

    def clamp(self, value: Any) -> Any:
        """Return the nearest allowed value (numbers), or the default where there is none."""
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


def _shown(value: Any) -> str:
    """Return a value from outside for an error text."""
    return _REPR.repr(value)


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


def _described(field: Field[Any]) -> Option:
    return Option(field.name, type(field.default), field.default, **field.metadata)


class Config:
    """Base of every config: it validates itself when made, and can be changed by flat field names.

    FORMER_NAMES maps the names of fields in old saved runs and links to their present names; FORMER_DEFAULTS says what
    the fields were that old saved runs do not name.
    """

    FORMER_NAMES: ClassVar[Mapping[str, str]] = {}
    FORMER_DEFAULTS: ClassVar[Mapping[str, Any]] = {}

    def __post_init__(self) -> None:
        for described in own_options(type(self)):
            described.check(getattr(self, described.name))

    def updated(self, /, **changes: Any) -> Self:
        """Return a copy with `changes`, whose names may also be those of a nested config (its task).

        Raises ConfigError on an unknown name or a value out of range.
        """
        changes = {self.present_name(name): value for name, value in changes.items()}
        self._known(changes)
        values = {option.name: changes.pop(option.name) for option in own_options(type(self)) if option.name in changes}
        for name, nested in nested_configs(self):
            part = {option.name: changes[option.name] for option in options(nested) if option.name in changes}
            if part:
                values[name] = nested.updated(**part)
        return replace(self, **values)  # type: ignore[type-var]

    def with_text(self, assignments: list[str]) -> Self:
        """Return a copy with `field=value` texts applied, as given to `--set`. Raises ConfigError."""
        texts = []
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            if not equals:
                raise ConfigError(Words("{text}: expected field=value", text=_shown(assignment)))
            texts.append((self.present_name(name.strip()), text))
        known = self._known(name for name, _ in texts)
        return self.updated(**{name: known[name].parse(text) for name, text in texts})

    def _known(self, names: Iterable[str]) -> dict[str, Option]:
        """Return every option by name. Raises ConfigError if `names` holds an unknown name."""
        by_name = {option.name: option for option in options(self)}
        for name in names:
            if name not in by_name:
                allowed = ", ".join(sorted(by_name))
                raise ConfigError(
                    Words("unknown field {name}: allowed are {allowed}", name=_shown(name), allowed=allowed)
                )
        return by_name

    def present_name(self, name: str) -> str:
        """Return the present name of the field `name`, which may have another name in saved runs."""
        for _, nested in nested_configs(self):
            name = nested.present_name(name)
        return self.FORMER_NAMES.get(name, name)

    def flat(self) -> dict[str, Any]:
        """Return every field and its value, nested ones included, under their flat names."""
        values = {option.name: getattr(self, option.name) for option in own_options(type(self))}
        for _, nested in nested_configs(self):
            values |= nested.flat()
        return values


def own_options(config: type[Config]) -> list[Option]:
    """Return the options of `config` itself, without those of its nested configs."""
    assert is_dataclass(config)
    return [_described(field) for field in fields(config) if field.metadata]


def nested_configs(config: Config) -> Iterator[tuple[str, Config]]:
    """Yield name and value of each field that is itself a config."""
    for name, value in vars(config).items():
        if isinstance(value, Config):
            yield name, value


def options(config: Config) -> list[Option]:
    """Return every option of `config` and of its nested configs."""
    result = own_options(type(config))
    for _, nested in nested_configs(config):
        result += options(nested)
    return result
