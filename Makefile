# Every target is one line over a Python command that works without make (see README.md).
PYTHON ?= python3

.PHONY: demo test test-long lint bench docs setup lock

demo:
	@$(PYTHON) orchestration/bootstrap.py demo
test:
	@$(PYTHON) orchestration/bootstrap.py test
test-long:
	@$(PYTHON) orchestration/bootstrap.py test-long
lint:
	@$(PYTHON) orchestration/bootstrap.py lint
bench:
	@$(PYTHON) orchestration/bootstrap.py bench
docs:
	@$(PYTHON) orchestration/bootstrap.py docs
setup:
	@$(PYTHON) orchestration/bootstrap.py setup
lock:
	@$(PYTHON) orchestration/bootstrap.py lock
