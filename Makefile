# Each verb is one line over tools/course.py, which does the set-up and runs without make, too.
# Options go into ARGS, as in:  make serve ARGS=8080
PYTHON ?= python3
VERBS = help book serve lab test notebooks results format dist bench clean

.DEFAULT_GOAL = help
.PHONY: $(VERBS)

$(VERBS):
	@$(PYTHON) tools/course.py $@ $(ARGS)
