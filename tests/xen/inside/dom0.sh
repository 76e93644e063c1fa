#!/bin/bash
# dom0's first program: Xen's daemons and a desktop, then the scenario that the kernel's command line names, and
# its results to a disk.
source /lab/common.sh
source /lab/trace.sh
source /lab/domains.sh
source /lab/desktop.sh
mount_system
mkdir /run/results

# check SENTENCE COMMAND...: on a line of its own, whatever the command has left on the last one.
check() {
	local sentence=$1 verdict=FAIL
	shift
	"$@" && verdict=PASS
	printf '\n%s %s\n' "$verdict" "$sentence"
}

# From the server's memory: xwd leaves out windows when there are several colormaps.
take_screenshot() { cp /run/lab/Xvfb_screen0 "/run/results/$1.xwd"; }

# A scenario says if it wants another: "# desktop: 1600x1200".
desktop_size=$(sed -n 's/^# desktop: //p' "/lab/scenarios/$scenario.sh")
desktop_size=${desktop_size:-1280x800}

check 'dom0 runs on Xen' grep -q control_d /proc/xen/capabilities
start_xen_daemons
check 'dom0 has a desktop' start_desktop "$desktop_size"
check "the scenario $scenario is whole" bash -n "/lab/scenarios/$scenario.sh"
source "/lab/scenarios/$scenario.sh"
cp /run/lab/*.log /run/results/
xl dmesg >/run/results/xen-dmesg.log
dmesg >/run/results/dom0-dmesg.log
tar -c -C /run/results . >/dev/vdc
sync
echo ALLDONE
echo o >/proc/sysrq-trigger
sleep infinity
