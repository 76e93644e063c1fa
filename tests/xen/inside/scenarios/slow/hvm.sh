# A guest with a device model, which Debian's Xen can run in dom0 alone. Not one of the lane's: its BIOS takes long
# under emulation.
write_file() {
	write_vm work hvm xen_gntalloc.limit=16384 root_disk=/dev/xvde payload_disk=/dev/xvdf
	sed -i -e 's|kernel=.*|kernel=/lab/vmlinuz|' -e 's|xvda raw|xvde raw|' -e 's|xvdb raw|xvdf raw|' -e "\$a$1" \
		"$xl_config/oriel/vms/work.vm"
}

fails_with() {
	local words=$1
	shift
	"$@" 2>&1 | grep -F "$words"
}

as_user() { XDG_CONFIG_HOME=$xl_config "$@"; }
find_domain() { domain_ids[work]=$(xl domid work) && [[ -n ${domain_ids[work]} ]]; }
shows() { has_window '[work] terminal'; }

write_file device-model=stubdomain
check 'the doctor says what a device model in a domain of its own lacks' \
	fails_with 'no device model that runs in a domain of its own' as_user oriel doctor
check 'so does a start' fails_with 'no device model that runs in a domain of its own' as_user oriel vm create work
write_file device-model=dom0
check 'the guest is created with a device model in dom0' as_user oriel vm create work
find_domain
follow_console work
check 'it answers' await 300 guest_answers work
check 'an agent and applications start there' start_session work
check 'its windows show on the desktop of dom0' await "$patience" shows
take_screenshot hvm
check 'it is stopped' oriel vm stop work
check 'nothing is left of it' await "$patience" no_domain_but
oriel quit
cp ~/.local/state/oriel/orield.log /var/log/xen/qemu-dm-* /run/results/
