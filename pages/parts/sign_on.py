"""Who is at the screen and what they may do: Streamlit's own OpenID Connect, roles from one file.

``.streamlit/secrets.toml`` (never in the repository) holds both: ``[auth]`` as ``st.login`` wants
it, and ``[roles]``::

    [roles]
    claim = "email"                       # the claim that decides: "email", "groups", "roles" …
    administrator = ["zhang@city.example"]
    editor = ["li@city.example"]
    viewer = ["*"]                        # everyone who can sign in; leave out to admit nobody else
    session_hours = 8                     # else a session ends when its token expires

Without ``[auth]`` the app answers this machine alone, as administrator; with ``READ_ONLY=1`` it
answers everyone, as viewer. Every run passes ``enter``; whatever changes something passes
``require``, which looks anew at who is signed on, so that no button left on a screen outlives a
role. Files and uploads pass ``pages/parts/gate.py``, which asks for the same.

Settings that cannot be read let nobody in: a slip of the pen in the file must not make everyone
the local administrator.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import os
import re
import threading
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config

from data import notes
from pages.parts.block import block, render

ROLES: dict[str, str] = {"viewer": "查看者", "editor": "编辑者", "administrator": "管理员"}
RANKS = list(ROLES)
DEFAULT_CLAIM = "email"
EVERYONE = "*"
# Streamlit's cookie with the signed identity.
COOKIE = "_streamlit_user"
# What a stranger can make the log grow by.
MOST_REFUSALS_A_MINUTE = 20

# Who knows it can make identities.
SHORTEST_COOKIE_SECRET = 32
CALLBACK = "/oauth2callback"
# How long a store of notes that cannot be used is not asked again: each try may wait for a lock.
REST_SECONDS = 30.0
# A change of the store within so short a time of the last one may not show in its date.
SETTLED_SECONDS = 2.0

_COOKIE_SEEN = "sign-on-cookie-seen"
_ended: set[str] = set()
_seen: set[str] = set()
_refused_at: list[float] = []
_lock = threading.Lock()
_hearing = threading.Lock()


@dataclass(frozen=True)
class User:
    """A person with a role: viewer, editor or administrator."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether the role suffices for what asks for that one."""
        return RANKS.index(self.role) >= RANKS.index(role)


LOCAL = User("本机用户", "administrator")
READER = User("访客（只读）", "viewer")


class NotAllowed(notes.Refused):
    """The role does not suffice; nothing was done. The message says so, in Chinese."""


class SettingsError(Exception):
    """[auth] or [roles] cannot be used; the message says what is wrong, in Chinese."""


# ---------------------------------------------------------------- settings


@dataclass(frozen=True)
class Roles:
    """[roles] as read. claim: what decides; listed: role → values of it; hours: None for the
    token's own end."""

    claim: str
    listed: Mapping[str, frozenset[str]]
    hours: float | None = None


def read_roles(given: Any) -> Roles:
    """[roles] checked. Raises SettingsError: a misspelt role must not pass for an empty one."""
    if not isinstance(given, Mapping):
        raise SettingsError("[roles] 应为一节设置")
    unknown = sorted(set(given) - {*RANKS, "claim", "session_hours"})
    if unknown:
        raise SettingsError(
            f"[roles] 中有不认识的设置 {unknown[0]}，"
            f"可用：{'、'.join([*RANKS, 'claim', 'session_hours'])}"
        )
    claim = given.get("claim", DEFAULT_CLAIM)
    if not isinstance(claim, str) or not claim:
        raise SettingsError("[roles] 的 claim 应为一个声明的名称，如 email 或 groups")
    hours = given.get("session_hours")
    if hours is not None and (isinstance(hours, bool) or not isinstance(hours, (int, float))):
        raise SettingsError("[roles] 的 session_hours 应为小时数")
    if hours is not None and not 0 < hours <= 24 * 30:
        raise SettingsError("[roles] 的 session_hours 应大于 0，不超过 720")
    listed = {}
    for role in RANKS:
        values = given.get(role, [])
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise SettingsError(f'[roles] 的 {role} 应为列表，如 ["zhang@city.example"]')
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise SettingsError(f"[roles] 的 {role} 中每一项都应为文字")
        listed[role] = frozenset(value.strip().casefold() for value in values)
    if EVERYONE in listed["administrator"] | listed["editor"]:
        raise SettingsError('"*"（所有登录者）只能用于 viewer')
    return Roles(claim, listed, hours)


def role_of(claims: Mapping[str, Any], roles: Roles) -> str | None:
    """The highest role that the deciding claim is listed for; None for a person without one.

    An e-mail address that the provider says is not verified decides nothing: anyone could have
    entered it.
    """
    found = claims.get(roles.claim)
    values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    held = {value.strip().casefold() for value in values if isinstance(value, str)} - {EVERYONE, ""}
    if roles.claim == "email" and claims.get("email_verified") in (False, "false"):
        held = set()
    held.add(EVERYONE)
    return next((role for role in reversed(RANKS) if held & roles.listed[role]), None)


def ends_at(claims: Mapping[str, Any], roles: Roles) -> float:
    """When the session ends, in seconds of the epoch; 0 when the token does not say."""
    moment = claims.get("exp" if roles.hours is None else "iat")
    if isinstance(moment, bool) or not isinstance(moment, (int, float)):
        return 0.0
    return moment + (roles.hours or 0) * 3600


@dataclass(frozen=True)
class Secrets:
    """The files of secrets as they stand. auth: [auth], None when there is none; roles: [roles]
    checked; fault: why nobody can sign on, in Chinese, empty when all is well."""

    auth: Mapping[str, Any] | None = None
    roles: Roles | None = None
    fault: str = ""


class _Kept:
    """The secrets as last read, and whether there ever was an [auth]."""

    stamp: object = None
    secrets = Secrets()
    configured = False


def secrets() -> Secrets:
    """The secrets, read anew when a file of them changed.

    Not through Streamlit, which takes a file that it cannot read for none at all.
    """
    paths = [Path(each) for each in config.get_option("secrets.files") if each.endswith(".toml")]
    stamp = [_stamp(path) for path in paths]
    with _lock:
        if _Kept.stamp != stamp:
            found = _read(paths)
            _Kept.configured |= found.auth is not None
            if _Kept.configured and found.auth is None and not found.fault:
                found = Secrets(fault="secrets.toml 中的 [auth] 不见了，请恢复它，或重新启动")
            _Kept.stamp, _Kept.secrets = stamp, found
        return _Kept.secrets


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _read(paths: Sequence[Path]) -> Secrets:
    found: dict[str, Any] = {}
    for path in paths:
        try:
            found |= tomllib.loads(path.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except tomllib.TOMLDecodeError as error:
            # The rest of the message may quote what is secret.
            line = re.search(r"line (\d+)", str(error))
            place = f"第 {line[1]} 行" if line else "末尾"
            return Secrets(fault=f"{path.name} 的{place}不合 TOML 格式")
        except UnicodeDecodeError:
            return Secrets(fault=f"{path.name} 不是 UTF-8 文本")
        except OSError as error:
            return Secrets(fault=f"{path.name} 无法读取：{error.strerror or type(error).__name__}")
    if "auth" not in found:
        return Secrets()
    auth = found["auth"] if isinstance(found["auth"], Mapping) else {}
    try:
        check_auth(auth)
        return Secrets(auth, check_roles(found.get("roles")))
    except SettingsError as error:
        return Secrets(auth, fault=str(error))
    except ValueError:
        return Secrets(auth, fault="[auth] 中的网址不合格式")


def check_roles(given: Any) -> Roles:
    """[roles] of a server where people sign on: it lists somebody. Raises SettingsError."""
    if given is None:
        raise SettingsError("缺少 [roles] 一节：没有写明谁是查看者、编辑者、管理员")
    roles = read_roles(given)
    if not any(roles.listed.values()):
        raise SettingsError("[roles] 没有列出任何人，谁也进不来")
    return roles


def check_auth(auth: Mapping[str, Any]) -> None:
    """[auth] as far as it can be checked without asking the provider. Raises SettingsError."""
    place = urlsplit(_text(auth, "redirect_uri"))
    if (
        place.scheme not in {"http", "https"}
        or not place.netloc
        or not place.path.endswith(CALLBACK)
    ):
        raise SettingsError(
            f"[auth] 的 redirect_uri 应为本系统的网址加 {CALLBACK}，"
            f"如 https://plan.city.example{CALLBACK}"
        )
    if len(_text(auth, "cookie_secret")) < SHORTEST_COOKIE_SECRET:
        raise SettingsError(f"[auth] 的 cookie_secret 至少 {SHORTEST_COOKIE_SECRET} 个字符，应随机")
    names = _providers(auth)
    if not names:
        raise SettingsError("[auth] 缺少 client_id")
    for name in names:
        where = "auth" if name is None else f"auth.{name}"
        if "_" in where:
            raise SettingsError(f"[{where}] 的名称不能有下划线")
        section = auth if name is None else auth[name]
        for key in ("client_id", "client_secret"):
            _text(section, key, where)
        address = urlsplit(_text(section, "server_metadata_url", where))
        if address.scheme not in {"http", "https"} or not address.netloc:
            raise SettingsError(f"[{where}] 的 server_metadata_url 应为网址")


def _text(section: Mapping[str, Any], key: str, where: str = "auth") -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"[{where}] 缺少 {key}")
    return value.strip()


def configured() -> bool:
    """Whether people sign on here, or should and cannot."""
    found = secrets()
    return found.auth is not None or bool(found.fault)


def home() -> str:
    """This system's own address, as the provider knows it; empty without sign-on."""
    place = (secrets().auth or {}).get("redirect_uri", "")
    return place if isinstance(place, str) else ""


def read_only() -> bool:
    """Whether the server was started to be looked at only."""
    return os.environ.get("READ_ONLY", "") == "1"


def settings() -> Roles:
    """[roles] of the secrets; changes hold from the next run. Raises SettingsError."""
    found = secrets()
    if found.fault:
        raise SettingsError(found.fault)
    return found.roles or read_roles({})


def providers() -> list[str | None]:
    """What st.login takes: None for the one in [auth] itself, else the names of its sections."""
    return _providers(secrets().auth or {})


def _providers(auth: Mapping[str, Any]) -> list[str | None]:
    if "client_id" in auth:
        return [None]
    return [name for name in auth if isinstance(auth[name], Mapping)]


# ---------------------------------------------------------------- the server


def this_machine(address: str | None) -> bool:
    """Whether only this machine can reach an address that a server listens on."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "0.0.0.0").is_loopback
    except ValueError:
        return False


def why_not_start(address: str | None) -> str:
    """Why the server must not listen on an address; empty when it may."""
    if configured():
        try:
            settings()
        except SettingsError as error:
            return f"拒绝启动：登录设置有误：{error}"
        return ""
    if this_machine(address) or read_only():
        return ""
    return (
        "拒绝启动：尚未配置登录认证，只能在本机打开（127.0.0.1），不能对外提供服务。"
        "确需公开浏览请设 READ_ONLY=1：所有人只能查看。\n"
        "Refused: sign-on is not configured, so only this machine is served (127.0.0.1)."
    )


# ---------------------------------------------------------------- who is here


def claims_here() -> Mapping[str, Any]:
    """What the provider said of the person at this session: for what is done when the run, and the
    session with it, is out of reach."""
    return st.user.to_dict() if configured() else {}


def user(given: Mapping[str, Any] | None = None) -> User:
    """The person at this session, or the one of these claims (see ``claims_here``).

    Raises NotAllowed for one who is not signed on, whose session has ended or who has no role, and
    SettingsError.
    """
    if not configured():
        return READER if read_only() else LOCAL
    roles = settings()
    given = st.user.to_dict() if given is None else given
    if given.get("is_logged_in") is not True:
        raise NotAllowed("请先登录")
    if ends_at(given, roles) <= time.time():
        raise NotAllowed("登录已过期，请重新登录")
    token = token_id(given)
    _hear_of_ends()
    if token in _ended:
        raise NotAllowed("您已退出登录")
    role = role_of(given, roles)
    _know(token, given, role)
    if role is None:
        raise NotAllowed(f"您已登录（{name_of(given)}），但还没有角色，请与系统管理员联系")
    return User(name_of(given), "viewer" if read_only() else role)


def role() -> str:
    """The role of the person at this session. Raises NotAllowed."""
    return user().role


def require(wanted: str, action: str = "", given: Mapping[str, Any] | None = None) -> User:
    """The person, when their role suffices; else the refusal is recorded and NotAllowed raised.

    wanted: ``viewer``, ``editor`` or ``administrator``; action: what was asked for, as the log
    and the message name it; given: as for ``user``. For every function that changes something or
    hands data out.
    """
    try:
        found = user(given)
    except SettingsError as error:
        raise NotAllowed(f"登录设置有误：{error}") from error
    except NotAllowed:
        who = st.user.to_dict() if given is None else given
        name = name_of(who) if who.get("is_logged_in") else notes.NOBODY
        refused("action", name, {"action": action, "needs": wanted})
        raise
    if not found.may(wanted):
        refused("action", found.name, {"action": action, "needs": wanted, "role": found.role})
        raise NotAllowed(
            f"您的角色是{ROLES[found.role]}，{action or '此操作'}需要{ROLES[wanted]}；没有任何改变"
        )
    return found


def name_of(claims: Mapping[str, Any]) -> str:
    """A person as the log names them: the name for people, and what tells namesakes apart."""
    name = str(claims.get("name") or "").strip()
    account = str(
        claims.get("email") or claims.get("preferred_username") or claims.get("sub") or ""
    ).strip()
    return f"{name}（{account}）" if name and name != account else account or notes.NOBODY


def token_id(claims: Mapping[str, Any]) -> str:
    """What tells one signing-in from another, and says nothing of either."""
    parts = [str(claims.get(name, "")) for name in ("iss", "sub", "iat", "nonce")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


class _Heard:
    """How far the log has been read for signings-out, and until when it is left alone."""

    stamp: object = None
    entry = 0
    resting_until = 0.0


def _hear_of_ends() -> None:
    """Learn of whom the log says that they signed out: in another process, or before this one.

    The log is read only when its file has changed.
    """
    stamp = _stamp(notes.path())
    with _hearing:
        if stamp in {(), _Heard.stamp} or time.monotonic() < _Heard.resting_until:
            return
        settled = abs(time.time() - stamp[2] / 1e9) > SETTLED_SECONDS
        try:
            last = max((each.id for each in notes.log(limit=1)), default=0)
            # A store put back from a backup counts anew.
            after = _Heard.entry if _Heard.entry <= last else 0
            ends = notes.log_export(notes.LogFilter(kinds=["sign_out"]), after=after)
            _ended.update(each.subject for each in ends)
            _Heard.entry = last
        except notes.Unavailable as error:
            _rest("未能查看谁已退出", error)
            return
        _Heard.stamp = stamp if settled else None


def _rest(what: str, error: notes.Unavailable) -> None:
    _Heard.resting_until = time.monotonic() + REST_SECONDS
    logging.getLogger("app").warning("%s：%s", what, error)


def _know(token: str, claims: Mapping[str, Any], role: str | None) -> None:
    """Record a signing-in once, however many tabs it opens and processes it meets."""
    if token in _seen:
        return
    with _lock:
        if token in _seen or time.monotonic() < _Heard.resting_until:
            return
        _seen.add(token)
    try:
        if not notes.log_count(notes.LogFilter(kinds=["sign_in"], subject=token)):
            detail = {"role": role or ""}
            notes.record("sign_in", name_of(claims), token, detail, refused=role is None)
    except notes.Unavailable as error:
        _seen.discard(token)
        _rest("登录未能记入日志", error)


def refused(kind: str, who: str, detail: Mapping[str, Any]) -> None:
    """Record a refusal; of a flood of them only the first."""
    now = time.monotonic()
    with _lock:
        _refused_at[:] = [each for each in _refused_at if now - each < 60]
        if len(_refused_at) >= MOST_REFUSALS_A_MINUTE:
            return
        _refused_at.append(now)
    try:
        notes.record(kind, who, "", detail, refused=True)
    except notes.Unavailable as error:
        logging.getLogger("app").warning("拒绝未能记入日志：%s", error)


# ---------------------------------------------------------------- on screen


def admitted() -> bool:
    """Whether this session is let in: the pages are not listed to anyone else."""
    try:
        user()
    except (NotAllowed, SettingsError):
        return False
    return True


def enter(title: str) -> User:
    """The person of this run; for anyone else the sign-in page stands at every address and the
    run ends."""
    try:
        found = user()
    except NotAllowed as error:
        _sign_in_page(title, str(error))
        st.stop()
    except SettingsError as error:
        block(
            render("empty", title="登录设置有误", text=f"{error}。请系统管理员改正后刷新页面"),
            key="sign-on-settings",
        )
        st.stop()
    return found


def check() -> None:
    """Start the page over when the session has ended: part of a page may run without the rest."""
    try:
        user()
    except (NotAllowed, SettingsError):
        st.rerun()


def name_plate(found: User) -> None:
    """Who is signed on, and the way out; at the foot of the navigation."""
    if not configured():
        if found == READER:
            st.sidebar.caption("只读浏览")
        return
    with st.sidebar.container(gap=None, key="name-plate"):
        block(render("signed_on", name=found.name), key="signed-on")
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.caption(ROLES[found.role], width="content")
            st.button("退出登录", on_click=_sign_out, key="sign-out", type="tertiary")


def _sign_out() -> None:
    claims = st.user.to_dict()
    # The cookie is still there in the run that follows, and is no forgery.
    st.session_state[_COOKIE_SEEN] = True
    if claims.get("is_logged_in") is True:
        token = token_id(claims)
        # The cookie is only taken from this browser; a copy of it must be worth nothing too.
        _ended.add(token)
        try:
            notes.record("sign_out", name_of(claims), token)
        except notes.Unavailable as error:
            logging.getLogger("app").warning("退出未能记入日志：%s", error)
    st.logout()


def _sign_in_page(title: str, why: str) -> None:
    signed_on = st.user.to_dict().get("is_logged_in") is True
    if not signed_on and COOKIE in st.context.cookies and _COOKIE_SEEN not in st.session_state:
        st.session_state[_COOKIE_SEEN] = True
        refused("sign_in", notes.NOBODY, {"reason": "登录凭证无效"})
    failed = st.query_params.get("sign_in") == "failed" and not signed_on
    block(
        render("sign_in", title=title, why="登录没有成功，请重试" if failed else why),
        key="sign-in",
    )
    with st.container(horizontal=True, horizontal_alignment="center", key="sign-in-buttons"):
        for provider in providers():
            label = "登录" if provider is None else f"用 {provider} 登录"
            if st.button(label, type="primary", key=f"sign-in-{provider or 'default'}"):
                st.login(provider)
        if signed_on:
            st.button("退出登录", on_click=_sign_out, key="sign-out")
