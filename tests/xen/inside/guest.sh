#!/bin/bash
# A guest's first program, or a service where that is systemd: carries out what dom0 writes to data/lab/command, in
# this one shell, and answers with the output and the exit status.
source /lab/common.sh
source /lab/trace.sh
source /lab/applications.sh

become_init() {
	mount_system
	echo /lab/power-off >/proc/sys/kernel/poweroff_cmd
}

carry_out() {
	eval "$1" >/run/lab/output 2>&1 </dev/null
	local status=$?
	xenstore-write -R data/lab/output "$(head -c 2000 /run/lab/output)"
	xenstore-write data/lab/status "$status"
}

if (($$ == 1)); then
	become_init
else
	mkdir -p /run/lab "$XDG_RUNTIME_DIR"
fi
say "$(xenstore-read name) is up"
xenstore-write data/lab/status 0
while read -r _; do
	command=$(xenstore-read -R data/lab/command 2>/dev/null) || continue
	xenstore-rm data/lab/command
	say "$command"
	carry_out "$command"
done < <(xenstore-watch data/lab/command)
