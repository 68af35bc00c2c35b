# make run | make test | make bench | make lint | make audit | make lock
# Works on a bare Debian 12 with Python 3.11; what is missing is installed with apt when root.

PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
WORKERS ?= 2
# 1: whoever reaches the server may look and change nothing; for HOST=0.0.0.0 without sign-on.
READ_ONLY ?= 0
export READ_ONLY

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONUTF8 = 1

VENV := .venv
PY := $(VENV)/bin/python

.PHONY: run local audit test bench lint lock browser
.DEFAULT_GOAL := run

run: local $(VENV)/.run
	@if $(PY) -c 'import sys; from data.versions import list_versions; sys.exit(bool(list_versions()))'; then \
	  echo "还没有数据，先生成演示数据……"; \
	  folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	  $(PY) -m data.demo "$$folder/demo.xlsx"; \
	  $(PY) -m data.load "$$folder/demo.xlsx"; \
	fi
	@exec $(VENV)/bin/streamlit run app.py --server.address $(HOST) --server.port $(PORT)

# Without sign-on nobody but this machine may look, unless told that everybody may only look. The
# server itself refuses too (app.py); here nothing is installed or made first.
local:
	@if [[ "$(HOST)" != 127.0.0.1 && "$(HOST)" != localhost && "$(READ_ONLY)" != 1 ]] \
	  && ! grep -qs '^\[auth' .streamlit/secrets.toml ~/.streamlit/secrets.toml; then \
	  echo "拒绝启动：尚未配置登录认证，只能在本机打开（HOST=127.0.0.1），不能对外提供服务。" >&2; \
	  echo "确需公开浏览请加 READ_ONLY=1：所有人只能查看。" >&2; \
	  echo "Refused: sign-on is not configured, so only this machine is served (HOST=127.0.0.1)." >&2; \
	  exit 2; \
	fi

test: $(VENV)/.test browser
	@$(MAKE) lint
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/sqlfluff lint --disable-progress-bar queries data
	PYTHONPATH=. $(VENV)/bin/lint-imports

# Known vulnerabilities of what is pinned; skipped, with the reason, when the database of them cannot
# be reached.
audit: $(VENV)/.test
	@if found=$$(timeout 120 $(VENV)/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip \
	    --progress-spinner off --timeout 10 2>&1); then \
	  missed=$$(grep -c 'could not be audited' <<< "$$found" || true); \
	  if [[ $$missed -gt 0 ]]; then echo "跳过 $$missed 个依赖的审计（pip-audit）：漏洞数据库中查不到"; \
	  else echo "$$found"; fi; \
	elif grep -Eq 'Found [0-9]+ known vulnerabilit' <<< "$$found"; then echo "$$found" >&2; exit 1; \
	else echo "跳过依赖审计（pip-audit）：$$(grep -v '^ *$$' <<< "$$found" | tail -n 1 | cut -c 1-300)"; fi

bench: $(VENV)/.test browser
	@$(PY) -m tests.benchmarks.pages

# Pinned again from pyproject.toml; nothing about where pip looks is written.
lock: $(VENV)/.test
	$(PY) -m pip install --quiet pip-tools
	$(PY) -m piptools compile -q --strip-extras --no-emit-find-links --no-emit-index-url --no-annotate \
	  -o requirements.txt pyproject.toml
	$(PY) -m piptools compile -q --strip-extras --no-emit-find-links --no-emit-index-url --no-annotate \
	  --extra test -c requirements.txt -o tests/requirements.txt pyproject.toml

# Debian's python3 comes without ensurepip until python3-venv is there.
$(PY):
	@command -v $(PYTHON) >/dev/null || $(call apt,python3)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call apt,python3-venv)
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(PY)
	@echo "安装依赖（requirements.txt）……"
	@$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.test: requirements.txt tests/requirements.txt | $(PY)
	@echo "安装测试依赖（tests/requirements.txt）……"
	@$(PY) -m pip install --quiet -r tests/requirements.txt
	@touch $@ $(VENV)/.run

# The browser tests drive the system's Chromium and look at Chinese text; Playwright's own node asks
# for libatomic, which a bare Debian does not have.
browser:
	@missing=; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null || missing="chromium"; \
	{ command -v fc-list >/dev/null && [[ -n "$$(fc-list :lang=zh-cn)" ]]; } \
	  || missing="$$missing fontconfig fonts-noto-cjk"; \
	! command -v dpkg >/dev/null || dpkg -s libatomic1 >/dev/null 2>&1 || missing="$$missing libatomic1"; \
	if [[ -n "$$missing" ]]; then $(call apt,$$missing); fi

# apt with a few tries: mirrors have bad minutes. Without root or apt, says what to install.
define apt
{ if [[ $$(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then \
    echo "安装系统软件包：$(1)"; \
    for try in 1 2 3; do \
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $(1) >/dev/null && break; \
      [[ $$try -lt 3 ]] || { echo "安装失败 / apt-get failed: $(1)" >&2; exit 1; }; \
      sleep 5; \
    done; \
  else \
    echo "请先安装：$(1)（Debian/Ubuntu：sudo apt-get install $(1)）" >&2; \
    echo "Please install first: $(1)" >&2; exit 1; \
  fi; }
endef
