# What can be done in this folder; `make help` lists it. `make` alone builds and generates the example.

SHELL := /bin/bash
.DELETE_ON_ERROR:

modules := node_modules/.package-lock.json
stackseed := dist/cli/main.js
memo := examples/memo
lab := node --import tsx test/lab/main.ts --lab memo
lab_packages := debian-archive-keyring iproute2 iputils-arping mmdebstrap nftables systemd-container util-linux xorriso
run_tests := node --import tsx test/run.ts

.PHONY: all
all: example ## install what is missing, build, generate the example into out/

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: $(stackseed) ## compile src/ into dist/

.PHONY: example
example: $(stackseed) $(memo)/secrets.yaml ## generate the seeds and ISOs of examples/memo into out/
	@command -v xorriso >/dev/null || scripts/install-packages.sh xorriso
	node $(stackseed) generate -i $(memo)/inventory.yaml --out out

.PHONY: test
test: build test-programs ## install what the tests need, lint, and run all tests
	@$(run_tests)

.PHONY: lint
lint: $(modules) ## type check, Biome, shellcheck, and the rules of the layers
	@$(run_tests) --only lint

.PHONY: judges
judges: build test-programs ## let the programs that read the seeds judge them: cloud-init, netplan, nft and others
	@$(run_tests) --only judges

.PHONY: qemu
qemu: build test-programs ## boot hosts of the example from their seeds, cut their power, boot again: the long form
	@STACKSEED_LONG=1 $(run_tests) --only qemu

.PHONY: netboot
netboot: build test-programs ## boot machines with BIOS and UEFI from the network, and from an installer ISO, to their preseed: the long form
	@STACKSEED_LONG=1 $(run_tests) --only netboot

.PHONY: qemu-install
qemu-install: $(modules) test-programs ## install machines with BIOS and UEFI from empty disks to healthy hosts, most of an hour each: ONLY=NAME, KEEP=FOLDER
	@node --import tsx test/qemu-install/main.ts $(if $(ONLY),--only $(ONLY)) $(if $(KEEP),--keep $(KEEP)) \
	  $(if $(PICTURES),--pictures $(PICTURES))

.PHONY: lab
lab: $(modules) ## bring the example's controllers up as containers on this machine, and show them converge; as root
	@[ "$$(id -u)" = 0 ] || { echo 'a lab needs root' >&2; exit 1; }
	@scripts/install-packages.sh $(lab_packages)
	@$(lab) up
	@$(lab) status --until-ready

.PHONY: lab-down
lab-down: $(modules) ## remove those containers, their disks, and all that they need here; layers stay in .cache
	@$(lab) destroy

.PHONY: lab-cloud
lab-cloud: $(modules) ## bring the cloud of examples/cloud up as containers, and have a user use it: FLEET=one|small|whole, BARE=HOST, CUT=1, ROTATE=1, TEMPEST=1, BREAK=1, KEEP=1
	@[ "$$(id -u)" = 0 ] || { echo 'a lab needs root' >&2; exit 1; }
	@scripts/install-packages.sh $(lab_packages) busybox chromium cpio debian-installer-12-netboot-amd64 dropbear-bin mtools openssh-client socat syslinux
	@node --import tsx test/cloud/main.ts $(if $(FLEET),--fleet $(FLEET)) $(if $(BARE),--bare $(BARE)) $(if $(CUT),--cut) $(if $(ROTATE),--rotate) $(if $(TEMPEST),--tempest) $(if $(BREAK),--break) $(if $(KEEP),--keep)

.PHONY: model
model: $(modules) ## search the joining of controllers far beyond what the tests do: MODEL_SECONDS a search
	@MODEL_SECONDS=$${MODEL_SECONDS:-30} node --import tsx node_modules/uvu/bin.js test/model '\.test\.ts$$'

.PHONY: update-golden
update-golden: $(modules) ## write golden seeds and the README's references anew; review the difference
	@UPDATE=1 $(run_tests) --only render --only inventory --only docs

.PHONY: chaos
chaos: $(modules) ## break the controllers in the lab: SCENARIO=NAME (* for any text), SEED=N MINUTES=M CONTROLLERS=N PLATFORM=P, or LIST=1
	@[ -n "$(LIST)" ] || scripts/install-packages.sh $(lab_packages) nginx-light
	@node --import tsx test/chaos/main.ts $(if $(LIST),--list) $(if $(SCENARIO),--scenario '$(SCENARIO)') \
	  $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(CONTROLLERS),--controllers $(CONTROLLERS)) $(if $(PLATFORM),--platform $(PLATFORM))

.PHONY: bench-lab
bench-lab: $(modules) ## measure the controllers in the lab against their limits, on a machine that does nothing else: ONLY=NAME, RUNS=N
	@scripts/install-packages.sh $(lab_packages)
	@node --import tsx test/bench-lab/main.ts $(if $(ONLY),--only $(ONLY)) $(if $(RUNS),--runs $(RUNS))

.PHONY: bench
bench: build ## measure whole runs of the generator beside cp, xorriso and others: HOSTS=9,100,1000 RUNS=3
	@scripts/install-packages.sh cloud-image-utils genisoimage time xorriso
	@node --import tsx test/bench/main.ts $(if $(HOSTS),--hosts $(HOSTS)) $(if $(RUNS),--runs $(RUNS))

.PHONY: bench-serve
bench-serve: build ## boot 500 machines at once from the boot server, and from nginx with the same files: MACHINES=N, RUNS=N
	@scripts/install-packages.sh debian-installer-12-netboot-amd64 nginx-light
	@node --import tsx test/bench-serve/main.ts $(if $(MACHINES),--machines $(MACHINES)) $(if $(RUNS),--runs $(RUNS))

.PHONY: format
format: $(modules) ## let Biome format the code
	npx biome check --write

.PHONY: clean
clean: ## remove what was built and generated; secrets, node_modules and images stay
	rm -rf dist
	find out -mindepth 1 ! -name .gitkeep -delete

.PHONY: clean-cache
clean-cache: ## remove the images that the tests have built, which takes minutes to do again
	rm -rf --one-file-system .cache

.PHONY: test-programs
test-programs: ## install the programs that the tests need
	@scripts/install-packages.sh -f test/packages.txt || { \
	  echo 'Tests that need what is missing are skipped.'; \
	  [ "$(CI)" != true ]; \
	}

$(modules): package-lock.json
	@node -e 'if (parseInt(process.versions.node) < 20) { console.error("stackseed needs Node.js 20 or later, not " + process.version); process.exit(1) }'
	npm ci --no-audit --no-fund

$(stackseed): $(modules) tsconfig.json tsconfig.build.json $(shell find src -name '*.ts')
	npm run --silent build

# Made once. The recipe does not depend on the program's date: nothing must ever make these anew.
$(memo)/secrets.yaml: | $(stackseed)
	node $(stackseed) secrets init -i $(memo)/inventory.yaml
