# What scenarios run in the guests; sourced there.
start_agent() {
	oriel-agent --listen=xen:0 >/dev/console 2>&1 &
	agent=$!
}

kill_agent() {
	kill -9 "$agent"
	wait "$agent" 2>/dev/null
	true
}

# start_applications X: two windows below each other, of which the upper one keeps the first line that is typed.
start_applications() {
	xterm -T terminal -geometry "50x12+$1+60" \
		-e bash -c 'read -r line; echo "$line" >/run/lab/typed; exec sleep infinity' &
	xlogo -geometry "200x200+$1+340" &
	await "$patience" has_window terminal && await "$patience" has_window xlogo
}

was_typed() { [[ $(</run/lab/typed) == "$1" ]]; }
