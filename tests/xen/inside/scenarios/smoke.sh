# Xen, dom0, two guests and what Oriel stands on: xenstore, X servers, vchan, granted pages.
guests=(work personal)
declare -A applications

shares_pages() {
	in_guest "$1" 'vchan-probe serve >/run/lab/probe.log 2>&1 & await "$patience" xenstore-exists data/probe' || return 1
	vchan-probe connect "${domain_ids[$1]}"
}

check 'xl creates a PVH guest' start_guest work pvh
check 'xl creates a PV guest' start_guest personal pv
for guest in "${guests[@]}"; do
	check "$guest answers through xenstore" await "$patience" guest_answers "$guest"
done
for guest in "${guests[@]}"; do
	in_guest "$guest" 'start_x 1280x800 && start_applications 60' &
	applications[$guest]=$!
done
for guest in "${guests[@]}"; do
	check "$guest shows applications on an X server" wait "${applications[$guest]}"
	check "$guest runs the agent" in_guest "$guest" 'oriel-agent --version'
	check "$guest and dom0 share pages, and talk by vchan" shares_pages "$guest"
done
xclock -geometry 200x200+100+100 &
check 'an application shows on the desktop of dom0' await "$patience" has_window xclock
take_screenshot dom0
check 'a guest is destroyed' xl destroy personal
check 'nothing is left of it, and the other guest runs' await "$patience" no_domain_but work
check 'the other guest still answers' in_guest work true
