# desktop: 2048x1200
# A guest that paints a picture of 1920x1080 anew all the time: frames come in order, and none is torn.
watch_animation() { x-probe watch "$(content_id work animation)" 20; }

check 'work starts' start_guest work pvh
await "$patience" guest_answers work
check 'work: an agent starts' in_guest work "start_x $desktop_size && start_agent"
check 'work: a view connects' start_view work
in_guest work 'x-probe animate & animation=$!'
check 'work: an animation of 1920x1080 shows' await "$patience" has_window '[work] animation'
check 'for 20 seconds frames come in order, and none is torn' watch_animation
take_screenshot animation
check 'work: it goes on' in_guest work 'kill -0 "$animation"'
