# Xen's daemons, and guests; sourced in dom0.
declare -A domain_ids labels=([work]=blue [personal]=green)
guest_kernel_parameters='console=hvc0 loglevel=2 mitigations=off first_program=/lab/guest.sh'
guest_kernel_parameters+=' root_disk=/dev/xvda payload_disk=/dev/xvdb'

start_xen_daemons() {
	mkdir -p /run/xen /var/log/xen /var/lib/xen
	# The stock script forks for half a minute under emulation.
	cp /lab/block-script /etc/xen/scripts/block
	echo 'autoballoon="off"' >/etc/xen/xl.conf
	xenstored --pid-file /run/xenstored.pid
	await "$patience" xenstore-exists /
	xen-init-dom0
	xenconsoled --pid-file=/run/xenconsoled.pid --log=all --log-dir=/run/results
}

# The files of the VMs that scenarios start by xl, apart from those that a broker reads.
xl_config=/run/lab/config

# write_vm NAME TYPE [KERNEL PARAMETER...]: the VM's file.
write_vm() {
	mkdir -p "$xl_config/oriel/vms"
	cat >"$xl_config/oriel/vms/$1.vm" <<-END
	[vm]
	label=${labels[$1]}
	backend=xen
	type=$2
	memory=320M
	kernel=/lab/vmlinux
	ramdisk=/lab/initramfs
	cmdline=$guest_kernel_parameters ${*:3}
	disks=xvda raw ro /dev/vda; xvdb raw ro /dev/vdb
	tsc-mode=native
	END
}

# start_guest NAME TYPE [KERNEL PARAMETER...]: creates it, and shows its console among the lab's words.
start_guest() {
	local name=$1 type=$2
	shift 2
	write_vm "$name" "$type" "${@:-xen_gntalloc.limit=16384}"
	XDG_CONFIG_HOME=$xl_config oriel vm show --xl "$name" >"/run/lab/$name.cfg" && xl create -q "/run/lab/$name.cfg" || return 1
	domain_ids[$name]=$(xl domid "$name")
	[[ -e /run/lab/$name.follower ]] || follow_console "$name"
}

# Those of all domains of that name, one after the other.
follow_console() {
	tail -F "/run/results/guest-$1.log" 2>/dev/null | sed -u "s/^/  $1| /" &
	touch "/run/lab/$1.follower"
}

guest_answers() { xenstore-exists "/local/domain/${domain_ids[$1]}/data/lab/status"; }

# in_guest NAME COMMAND: its output, and its exit status.
in_guest() {
	local lab=/local/domain/${domain_ids[$1]}/data/lab
	xenstore-rm "$lab/status"
	xenstore-write -R "$lab/command" "$2"
	await "$patience" xenstore-exists "$lab/status" || return 124
	printf '%s\n' "$(xenstore-read -R "$lab/output")"
	return "$(xenstore-read "$lab/status")"
}

# As long as pages of it are mapped it is listed, but has no name.
is_dying() { ! xl domid "$1"; }

no_domain_but() {
	local names
	names=$(xl list | awk 'NR > 1 { print $1 }' | sort | xargs)
	[[ $names == "$(printf '%s\n' Domain-0 "$@" | sort | xargs)" ]] || { xl list; return 1; }
}

# Not even as one whose pages are mapped, which has lost its name.
is_gone() { ! xl list "${domain_ids[$1]}"; }

# Xen prints on its console, at its leisure.
grants_are_printed() { xl dmesg | grep -q 'gnttab_usage_print_all ] done'; }

# How many pages of a guest others have mapped, as Xen has it.
mapped_pages() {
	xl dmesg -c >>/run/results/xen-earlier.log
	xl debug-keys g
	await "$patience" grants_are_printed
	xl dmesg | awk -v guest="d${domain_ids[$1]}" '
		/grant-table for remote/ { ours = index($0, " " guest " ") }
		ours && /\[0x/ { pages++ }
		END { print pages + 0 }'
}

# Those that stay mapped: the disks' back end may be at something.
resting_pages() {
	local pages before
	pages=$(mapped_pages "$1")
	until [[ $pages == "${before:-}" ]]; do
		before=$pages
		pages=$(mapped_pages "$1")
	done
	echo "$pages"
}

has_mapped_pages() { [[ $(mapped_pages "$1") == "$2" ]]; }
