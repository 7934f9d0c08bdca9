"""The small city behind the application, and clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import BASE, LOCAL, TestClient
from fastapi import FastAPI

import small_city
from kezhong.server import create_app


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> small_city.SmallCity:
    """The city; nobody changes it."""
    return small_city.make(tmp_path_factory.mktemp("small") / "city")


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built web application, as small as one can be."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>刻钟</title>", "utf-8")
    (folder / "assets" / "index-Ab12Cd34.js").write_text("export {}", "utf-8")
    (folder.parent / "secret.txt").write_text("hidden words", "utf-8")
    return folder


@pytest.fixture(scope="session")
def app(small: small_city.SmallCity, static: Path) -> FastAPI:
    """The application over the small city."""
    return create_app(small.city.folder, static=static)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A caller on this machine."""
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def own_city(tmp_path: Path) -> small_city.SmallCity:
    """A city of one's own, to be changed."""
    return small_city.make(tmp_path / "city")


@pytest.fixture
def own_client(own_city: small_city.SmallCity, static: Path) -> Iterator[TestClient]:
    """An application over :func:`own_city`."""
    app = create_app(own_city.city.folder, static=static)
    with TestClient(app, base_url=BASE, client=LOCAL, raise_server_exceptions=False) as found:
        yield found
