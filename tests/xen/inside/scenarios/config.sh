# What the VM's file says of a domain is what the domain gets: disks, network, processor time, memory; and what
# becomes of it when the file changes, when others pause it, and when it is stopped.
data=/lab/disks/data
mac=00:16:3e:0a:0b:0c
declare -A columns=([work]=60)

# write_file WEIGHT CAP MEMORY
write_file() {
	mkdir -p ~/.config/oriel/vms
	cat >~/.config/oriel/vms/work.vm <<-END
	[vm]
	label=blue
	backend=xen
	kernel=/lab/vmlinux
	ramdisk=/lab/initramfs
	cmdline=$guest_kernel_parameters xen_gntalloc.limit=16384
	tsc-mode=native
	weight=$1
	cap=$2
	memory=$3
	memory-max=400M
	disks=xvda raw ro /dev/vda; xvdb raw ro /dev/vdb; xvdc raw ro $data.raw; xvdd qcow2 $data.qcow2; xvde vhd $data.vhd
	networks=xenbr0 $mac
	END
}

make_bridge() {
	ip link add xenbr0 type bridge && ip address add 10.0.0.1/24 dev xenbr0 && ip link set xenbr0 up
}

find_domain() { domain_ids[work]=$(xl domid work) && [[ -n ${domain_ids[work]} ]]; }

# Its agent and applications, and then those who wait for the start: dom0's X server answers the broker too late when
# the lab's machine is busy.
start_work() {
	await "$patience" oriel vm start work &
	local starter=$!
	await "$patience" find_domain && start_session work && wait "$starter"
}

start_session() {
	await "$patience" guest_answers "$1" &&
		in_guest "$1" "start_x 1280x800 && start_agent && start_applications ${columns[$1]}"
}

shows() { has_window "[work] terminal"; }
shows_none() { ! has_window "[work] terminal"; }
is_in_state() { oriel vm list | grep -Eq "^work +$1 "; }

# has_share WEIGHT CAP
has_share() { xl sched-credit2 -d work | grep -Eq "^work +[0-9]+ +$1 +$2\$"; }

# has_memory MIB: within the few that ballooning leaves.
has_memory() {
	local mebibytes
	mebibytes=$(xl list work | awk 'NR == 2 { print $3 }')
	((mebibytes > $1 - 8 && mebibytes <= $1))
}

same_content() {
	in_guest work "mount -t squashfs -o ro /dev/$1 /mnt && cksum /mnt/numbers; umount /mnt" | grep -q "^$(seq 1000 | cksum) "
}

# Behind the file system, and past the caches.
keeps_what_is_written() {
	in_guest work "printf '%-512s' 'written by a guest' | dd of=/dev/$1 bs=512 seek=8000 oflag=direct,sync 2>/dev/null &&
		dd if=/dev/$1 bs=512 skip=8000 count=1 iflag=direct 2>/dev/null | grep -q 'written by a guest'"
}

# That nobody listens at the port is an answer, too.
reaches_dom0() {
	in_guest work 'ip address add 10.0.0.2/24 dev eth0 && ip link set eth0 up' &&
		await "$patience" in_guest work '(exec 3<>/dev/tcp/10.0.0.1/9) 2>&1 | grep -q refused'
}

says_guest() { grep -q "$1" /run/results/guest-work.log; }
says_broker() { grep -q "$1" ~/.local/state/oriel/orield.log; }
click() { xdotool mousemove --window "$(window_id "$1")" 60 60 click 1; }

write_file 512 80 320M
check 'dom0 has a bridge' make_bridge
check 'work starts' start_work
check 'it runs' is_in_state running
check 'its windows show' await "$patience" shows
check 'it has the weight and the cap of its file' has_share 512 80
check 'it has the memory of its file' has_memory 320
for disk in xvdc:raw xvdd:qcow2 xvde:VHD; do
	check "it reads a disk in the format ${disk#*:}" same_content "${disk%:*}"
done
check 'a qcow2 disk keeps what it writes' keeps_what_is_written xvdd
check 'a VHD disk keeps what it writes' keeps_what_is_written xvde
check 'a disk that its file says to be read only it cannot write' eval '! keeps_what_is_written xvdc'
check 'it has the network address of its file' in_guest work "grep -q $mac /sys/class/net/eth0/address"
check 'it reaches dom0 by the bridge' reaches_dom0
take_screenshot config

write_file 100 50 300M
check 'its file changes' oriel vm list
check 'it has the new weight and cap while it runs' await "$patience" has_share 100 50
check 'it has the new memory while it runs' await "$patience" has_memory 300

check 'others pause it' xl pause work
click '[work] terminal'
check 'its titles say so after the next click' await "$patience" has_window '[work, paused] terminal'
check 'it is known to be paused' is_in_state paused
check 'others resume it' xl unpause work
check 'its titles are as before' await "$patience" shows

check 'it is stopped' oriel vm stop work
check 'its system has been asked to end, and has ended by itself' eval 'says_guest "asked to end" && ! says_broker destroyed'
check 'its windows go' shows_none
check 'nothing is left of it' await "$patience" no_domain_but
check 'it starts again' start_work
check 'and shows its windows' await "$patience" shows
in_guest work 'echo /bin/true >/proc/sys/kernel/poweroff_cmd'
check 'a system that does not end is stopped all the same' oriel vm stop work
check 'it has been destroyed for that' says_broker 'it has not ended within 30 s, and is destroyed'
check 'nothing is left of that' await "$patience" no_domain_but
oriel quit
cp ~/.local/state/oriel/orield.log /run/results/
