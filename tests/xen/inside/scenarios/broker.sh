# The broker and two guests: "work", which it starts, and "personal", which others start.
declare -A columns=([work]=60 [personal]=700) sessions

write_vms() {
	mkdir -p ~/.config/oriel/vms
	cat >~/.config/oriel/vms/work.vm <<-END
	[vm]
	label=blue
	backend=xen
	memory=320M
	kernel=/lab/vmlinux
	ramdisk=/lab/initramfs
	cmdline=console=hvc0 loglevel=2 mitigations=off root_disk=/dev/xvda payload_disk=/dev/xvdb first_program=/lab/guest.sh xen_gntalloc.limit=16384
	disks=xvda raw ro /dev/vda; xvdb raw ro /dev/vdb
	tsc-mode=native
	END
	cat >~/.config/oriel/vms/personal.vm <<-END
	[vm]
	label=green
	backend=xen
	domain=personal
	lost-windows=dim
	session-ttl=forever
	END
}

find_domain() { domain_ids[$1]=$(xl domid "$1") && [[ -n ${domain_ids[$1]} ]]; }

start_session() {
	await "$patience" guest_answers "$1" &&
		in_guest "$1" "start_x 1280x800 && start_agent && start_applications ${columns[$1]}"
}

shows() { has_window "[$1] terminal" && has_window "[$1] xlogo"; }
shows_none() { ! has_window "[$1] terminal" && ! has_window "[$1] xlogo"; }
is_in_state() { oriel vm list | grep -Eq "^$1 +$2 "; }
has_figures() { oriel vm show "$1" | grep -Eq '^memory +[1-9][0-9]{8}'; }
copies_once() {
	oriel windows --json | awk -F'[:,]' '
		/"bytes_copied"/ { damaged += $2 }
		/"bytes_copied_by_agent"/ { agent += $2 }
		/"bytes_copied_by_view"/ { view += $2 }
		END { exit !(damaged > 0 && agent == damaged && view == damaged) }'
}

fails_with() {
	local words=$1
	shift
	"$@" 2>&1 | grep -F "$words"
}

# Its icon is a file in the guest, all green.
add_application() {
	in_guest work 'mkdir -p ~/.local/share/applications && ppmmake rgb:00/ff/00 64 64 | pnmtopng >/run/lab/green.png &&
		printf "[Desktop Entry]\nType=Application\nName=Logo\nExec=xlogo\nIcon=/run/lab/green.png\n" \
			>~/.local/share/applications/logo.desktop'
}

# pixel_of_icon X Y: as six digits.
pixel_of_icon() {
	pngtopnm ~/.local/share/icons/hicolor/64x64/apps/oriel-work.logo.png | pamcut "$1" "$2" 1 1 | tail -c 3 |
		od -An -tx1 | tr -d ' '
}

# Guest's above, and the colour of work's label below.
has_icon() { [[ $(pixel_of_icon 8 8) == 00ff00 && $(pixel_of_icon 51 51) == 3465a4 ]]; }

process_id() { grep -lx "$1" /proc/[0-9]*/comm | cut -d/ -f3; }

# As one that has failed, not by a signal.
is_over() { wait "$1"; [[ $? == 1 ]]; }

# In a domain of another id.
is_started_again() {
	local before=${domain_ids[$1]}
	find_domain "$1" && [[ ${domain_ids[$1]} != "$before" ]]
}

write_vms
check 'others start personal' start_guest personal pv
# dom0's X server answers the broker too late when the lab's machine is busy.
check 'personal answers' await "$patience" guest_answers personal
check 'the broker starts work' await "$patience" oriel vm create work
find_domain work
for guest in work personal; do
	start_session "$guest" &
	sessions[$guest]=$!
done
for guest in work personal; do
	check "$guest: an agent and applications start" wait "${sessions[$guest]}"
	check "$guest: its windows come by themselves" await "$patience" shows "$guest"
done
check 'both run' eval 'is_in_state work running && is_in_state personal running'
check 'the hypervisor has figures of work' has_figures work
check 'they and dom0 are in oriel top' eval 'oriel top --once | grep -Fq "(primary)"'
check 'a command runs in work' oriel run --wait work -- touch /run/lab/ran
check 'it ran there' in_guest work 'test -e /run/lab/ran'
check 'a domain that runs is not restored' fails_with 'when it is stopped' oriel vm restore personal /nowhere
for guest in work personal; do
	check "$guest: an application is launched" \
		oriel run "$guest" -- xcalc -title calculator -geometry "200x260+$((columns[$guest] + 240))+340"
	check "$guest: its window shows" await "$patience" has_window "[$guest] calculator"
	check "$guest: it has the pixels that it has there" await "$patience" same_pixels "$guest" calculator
done
check 'each side copies each damaged byte once, beyond its X server' copies_once
take_screenshot broker

check 'work has an application with an icon' add_application
check 'it is published' await "$patience" oriel publish work logo.desktop
check "it is in dom0's menu" await "$patience" grep -qF 'Name=[work] Logo' ~/.local/share/applications/oriel/work.logo.desktop
check 'its icon is there, with the badge of work' await "$patience" has_icon

oriel run --wait work -- sh -c 'touch /run/lab/waits; exec sleep 1000' &
waiter=$!
await "$patience" in_guest work 'test -e /run/lab/waits'
in_guest work kill_agent
check 'another agent starts' in_guest work start_agent
check 'waiting for a command of the killed one ends' is_over "$waiter"
check 'the windows stay with it' await "$patience" shows work
kill -9 "$(process_id orield)"
check 'another broker takes both over' eval 'is_in_state work running && is_in_state personal running'
check 'a command runs under it' oriel run --wait work -- true
check 'the windows have stayed' eval 'shows work && shows personal'

check 'work is paused' oriel vm pause work
check 'its titles say so' await "$patience" has_window '[work, paused] terminal'
check 'launching says so' fails_with 'it is paused' oriel run work true
check 'work goes on' oriel vm resume work
check 'its titles are as before' await "$patience" shows work

check 'work is saved' oriel vm save work /run/work.image
check 'its windows go' await "$patience" shows_none work
check 'nothing is left of it' await "$patience" no_domain_but personal
check 'work is restored' oriel vm restore work /run/work.image
rm /run/work.image
find_domain work
check 'its windows come again' await "$patience" shows work

check 'personal is destroyed by others' xl destroy personal
check 'personal is away' await "$patience" is_in_state personal away
check 'its windows stay, and say that they wait' await "$patience" has_window '[personal, reconnecting] terminal'
check 'nothing is left of its domain' await "$patience" no_domain_but work
check 'a doctor finds nothing wrong in a guest' in_guest work 'oriel-agent --doctor'
check 'others start personal again' start_guest personal pv
check 'its agent and applications start' start_session personal
check 'personal runs again' await "$patience" is_in_state personal running
check 'its windows show' await "$patience" shows personal

xenstore-write "/local/domain/${domain_ids[work]}/data/lab/command" 'echo c >/proc/sysrq-trigger'
check 'the windows of a guest that crashes go' await "$patience" shows_none work
check 'the broker starts it again' await "$patience" is_started_again work
check 'its agent and applications start' start_session work
check 'it runs again' await "$patience" is_in_state work running
check 'and shows its windows' await "$patience" shows work
check 'the doctor finds both and their agents' eval '[[ $(oriel doctor | grep -c "runs, and has an agent") == 2 ]]'
check 'work is destroyed' oriel vm destroy work
check 'its windows go again' await "$patience" shows_none work
check 'nothing is left of it then' await "$patience" no_domain_but personal
check 'the other guest keeps its windows' shows personal
check 'the broker ends' oriel quit
check 'a domain of others goes on without it' no_domain_but personal
cp ~/.local/state/oriel/orield.log /run/results/
