# What scenarios run in the guests; sourced there.
# start_agent [OPTION...]
start_agent() {
	oriel-agent --listen=xen:0 "$@" >>/run/lab/agent.log 2>&1 &
	agent=$!
	[[ -n ${log_follower:-} ]] || tail -F /run/lab/agent.log >/dev/console 2>/dev/null &
	log_follower=yes
}

kill_agent() {
	kill -9 "$agent"
	wait "$agent" 2>/dev/null
	true
}

# start_applications X: two windows below each other, of which the upper one keeps the last line that was typed.
start_applications() {
	xterm -T terminal -geometry "50x12+$1+60" \
		-e bash -c 'while read -r line; do echo "$line" >/run/lab/typed; done' &
	xlogo -geometry "200x200+$1+340" &
	await "$patience" has_window terminal && await "$patience" has_window xlogo
}

was_typed() { [[ $(</run/lab/typed) == "$1" ]]; }

# start_crowd COUNT: windows beside each other.
start_crowd() {
	local i
	crowd=()
	for ((i = 0; i < $1; i++)); do
		xlogo -title "logo-$((i + 1))" -geometry "100x100+$((i % 7 * 120))+$((i / 7 * 150 + 200))" &
		crowd+=($!)
	done
}

end_crowd() {
	kill "${crowd[@]}"
	wait "${crowd[@]}" 2>/dev/null
	true
}
