# Xen's daemons, and guests; sourced in dom0.
declare -A domain_ids

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

write_guest_config() {
	cat <<-END
	name = "$1"
	type = "$2"
	kernel = "/lab/vmlinux"
	ramdisk = "/lab/initramfs"
	extra = "console=hvc0 loglevel=2 mitigations=off root_disk=/dev/xvda payload_disk=/dev/xvdb first_program=/lab/guest.sh ${*:3}"
	memory = 320
	vcpus = 1
	tsc_mode = "native"
	disk = ["phy:/dev/vda,xvda,r", "phy:/dev/vdb,xvdb,r"]
	on_crash = "destroy"
	END
}

# start_guest NAME TYPE [KERNEL PARAMETER...]: creates it, and shows its console among the lab's words.
start_guest() {
	local name=$1 type=$2
	shift 2
	write_guest_config "$name" "$type" "${@:-xen_gntalloc.limit=16384}" >"/run/lab/$name.cfg"
	xl create -q "/run/lab/$name.cfg" || return 1
	domain_ids[$name]=$(xl domid "$name")
	tail -F "/run/results/guest-$name.log" 2>/dev/null | sed -u "s/^/  $name| /" &
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

no_domain_but() {
	local names
	names=$(xl list | awk 'NR > 1 { print $1 }' | sort | xargs)
	[[ $names == "$(printf '%s\n' Domain-0 "$@" | sort | xargs)" ]] || { xl list; return 1; }
}
