# What keys and small damages cost agent and view: system calls, notifications, and hypercalls for event channels.
events=1000
# xentrace's classes; Xen tells of the hypercalls of PV domains: dom0 and this guest.
scheduling_and_hypercalls=0x0022f000
declare -A agent_counts view_counts

# measure NAME COMMAND...: hypercalls go into a file of the results. strace adds none of those for event channels.
measure() {
	local name=$1 hypercalls
	shift
	in_guest personal 'trace "$agent" agent' && trace "${views[personal]}" view || return 1
	xentrace -D -S 256 -e "$scheduling_and_hypercalls" "/run/lab/$name.xentrace" 2>/dev/null &
	hypercalls=$!
	"$@" || return 1
	kill -INT "$hypercalls"
	wait "$hypercalls"
	view_counts[$name]=$(end_trace view)
	agent_counts[$name]=$(in_guest personal 'end_trace agent')
	xenalyze --summary "/run/lab/$name.xentrace" >"/run/results/$name-hypercalls.txt" 2>/dev/null
}

type_keys() {
	activate "$(window_id '[personal] echo')"
	x-probe type "$(content_id personal echo)" "$events"
}

draw_dots() { in_guest personal "x-probe dots $events"; }

# notified_at_most COUNTS PERMILLE: of the events; what begins and ends the measure comes on top.
notified_at_most() {
	local calls notifications rest
	read -r calls notifications rest <<<"$1"
	((notifications > 0 && notifications * 1000 <= events * $2))
}

check 'personal starts' start_guest personal pv
await "$patience" guest_answers personal
check 'personal: an agent starts' in_guest personal "start_x $desktop_size && start_agent"
check 'personal: a view connects' start_view personal
in_guest personal 'x-probe echo & true'
check 'personal: a window that echoes keys shows' await "$patience" has_window '[personal] echo'
check "$events keys are echoed" measure keys type_keys
check "$events dots are drawn" measure dots draw_dots
for name in keys dots; do
	echo "$name, agent: calls, notifications, reads and writes of the event channel: ${agent_counts[$name]}"
	echo "$name, view: calls, notifications, reads and writes of the event channel: ${view_counts[$name]}"
done | tee /run/results/counts.txt
check 'Xen has counted hypercalls' grep -q evtchn_op /run/results/keys-hypercalls.txt
check 'the agent notifies once for the frame of a key' notified_at_most "${agent_counts[keys]}" 1050
check 'the view notifies once for each press, release and frame' notified_at_most "${view_counts[keys]}" 3050
check 'the agent notifies once for the frame of a dot' notified_at_most "${agent_counts[dots]}" 1050
check 'the view notifies once for each frame' notified_at_most "${view_counts[dots]}" 1050
