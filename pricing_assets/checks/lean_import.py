"""Great Expectations imported without what no rule here needs: half of what its import costs.

What it is asked to judge belongs to `expectations`.
"""

import importlib
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

GX = "great_expectations"
LAZY = ("altair", "scipy.stats", f"{GX}.expectations", f"{GX}.expectations.core")
"""What is executed when somebody first asks it for something: what draws, distributions, and the
expectations beside the one that is used."""
SPARK = "pyspark"
"""With it Great Expectations would import its tests' helpers, which end the process where warnings are
errors."""
SPARK_NEEDS = "google"
"""What Spark's client is made of: without it, its import ends a process that has no main module's file."""
HIDDEN = (
    *(SPARK, "sqlalchemy", "sqlalchemy_bigquery", "sqlalchemy_redshift", "psycopg2", "pyodbc"),
    *("boto3", "botocore", "azure", "google", "trino", "snowflake", "databricks", "pypd"),
)
"""Engines, databases and clouds that Great Expectations uses where they are installed."""
_READERS, _READER = "_extract_io_methods", "read_csv"


def import_great_expectations() -> None:
    """Import Great Expectations lean; whole where its version needs what is left out."""
    with _IMPORTING, warnings.catch_warnings():
        if GX in sys.modules:
            return
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        warnings.simplefilter("ignore")
        try:
            with _found_by(_Lean({*HIDDEN}, {**dict.fromkeys(LAZY, _LazyLoader), **READERS})):
                importlib.import_module(GX)
        except Exception:  # noqa: BLE001  # whatever it is, the whole package says it again
            _forget()
            with _found_by(_Lean({SPARK}, {})):
                importlib.import_module(GX)


_IMPORTING = threading.Lock()


@contextmanager
def _found_by(finder: MetaPathFinder) -> Iterator[None]:
    """Let this finder be asked first for every module."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Lean(MetaPathFinder):
    """Finds no hidden module, unless it is imported already (an engine comes first), and others with
    another loader; for this thread: what others import meanwhile they get whole."""

    def __init__(self, hidden: Set[str], loaders: Mapping[str, Callable[[Loader], Loader]]) -> None:
        self._thread = threading.get_ident()
        imported = sys.modules.keys()
        self._hidden = hidden - imported - ({SPARK_NEEDS} if SPARK in imported else set())
        self._loaders = loaders

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module is to be loaded; None for the default loader."""
        if threading.get_ident() != self._thread:
            return None
        if name.partition(".")[0] in self._hidden:
            raise ModuleNotFoundError(f"{name} is hidden from Great Expectations", name=name)
        if name not in self._loaders:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = self._loaders[name](spec.loader)
        return spec


class _LazyLoader(Loader):
    """Loads a module that is executed when somebody first asks it for something. One of
    `importlib.util.LazyLoader` is executed by `import NAME` already, which looks at its spec."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module as it is before it is executed."""
        return _Lazy(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Note what executes the module."""
        spec = module.__spec__
        assert spec is not None
        module.__dict__["_not_executed"] = ModuleSpec(
            spec.name, self._real, origin=spec.origin, is_package=hasattr(module, "__path__")
        )


_EXECUTING = threading.RLock()


class _Lazy(ModuleType):
    """A module that is executed when somebody first asks it for something that lies not below it."""

    def __getattr__(self, name: str) -> Any:
        with _EXECUTING:
            path = self.__dict__.get("__path__")
            if path is not None and PathFinder.find_spec(f"{self.__name__}.{name}", path):
                return importlib.import_module(f"{self.__name__}.{name}")
            spec = self.__dict__.pop("_not_executed", None)
            if spec is not None:
                spec.submodule_search_locations = path
                spec.has_location = True
                self.__dict__.update(module_from_spec(spec).__dict__)
                spec.loader.exec_module(self)
        return super().__getattribute__(name)


class _OneReader(Loader):
    """Loads the module that makes classes of pandas' readers, so that it makes one."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return what the module's own loader makes."""
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, and replace what finds the readers."""
        self._real.exec_module(module)
        readers = getattr(module, _READERS)
        one = [found for found in readers() if found[0] == _READER]
        setattr(module, _READERS, lambda *_: one)


READERS = {f"{GX}.datasource.fluent.dynamic_pandas": _OneReader}
"""What makes a class of each of pandas' readers: a frame in memory is read by none. One is left, since
a source without any is warned of."""


def _forget() -> None:
    """Take back an import that failed half-way."""
    for name in [*sys.modules]:
        if name.partition(".")[0] == GX or isinstance(sys.modules[name], _Lazy):
            del sys.modules[name]
    # pydantic takes a validator that is defined once more for a mistake
    validators = sys.modules.get("pydantic.v1.class_validators")
    defined: set[str] = getattr(validators, "_FUNCS", set())
    defined -= {name for name in defined if name.partition(".")[0] == GX}
