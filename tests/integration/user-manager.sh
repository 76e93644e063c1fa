#!/bin/bash
# usage: user-manager.sh DIRECTORY
# The systemd of this user, and a journal for it, as on a machine whose first program is systemd: in mounts and a control group of
# their own. DIRECTORY is there what /usr/local is. Ends with "systemctl --user exit". Needs root.
set -euo pipefail
user_group=user.slice/user-$UID.slice/user@$UID.service

# Whose root is the group that this is in.
mount_groups() { mount -t cgroup2 cgroup2 /sys/fs/cgroup; }

# In the group that is to be the root of all.
prepare() {
	umount /sys/fs/cgroup
	mount_groups
	mount -t tmpfs tmpfs /run
	mkdir -p /run/systemd/system /run/systemd/journald.conf.d
	# Nothing that concerns the machine.
	printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=\n' >/run/systemd/journald.conf.d/test.conf
	mount --bind "$1" /usr/local
	mkdir -p "/sys/fs/cgroup/$user_group" /sys/fs/cgroup/journal
	echo $$ >/sys/fs/cgroup/journal/cgroup.procs
	/usr/lib/systemd/systemd-journald &
	journal=$!
	until [[ -S /run/systemd/journal/stdout ]]; do
		sleep 0.1
	done
	(echo $BASHPID >"/sys/fs/cgroup/$user_group/cgroup.procs" && exec /usr/lib/systemd/systemd --user) || true
	kill "$journal"
	wait "$journal"
}

if [[ $1 == --prepare ]]; then
	prepare "$2"
	exit
fi
mount_groups
group=$(mktemp -d /sys/fs/cgroup/oriel-test.XXXXXX)
(echo $BASHPID >"$group/cgroup.procs" && exec unshare --mount --cgroup "$0" --prepare "$1") || true
find "$group" -depth -type d -exec rmdir {} +
