/*
 * The whole broker, of two VMs that run, "personal" and "work": the test plays their views, which
 * have sessions with their guests, and the hypervisor, desk and clock are fakes
 * (../fuzz/broker-fakes.h).
 */
#pragma once

#include "broker.h"
#include "link.h"

enum broker_bench_vm { PERSONAL, WORK };

/* Of the test that runs. */
extern struct hc_broker *broker;

/* policy: the user's rules. */
void broker_bench_begin(const char *policy);
void broker_bench_end(void);

/* What the VM's view says, and all that comes of it by now. */
void broker_bench_say(enum broker_bench_vm vm, const struct hc_link_message *message);

/* The next message of that kind to the VM's view; what came before it is dropped. False if there is
 * none. Its texts are valid until the next call; its descriptor is closed. */
bool broker_bench_hear(
	enum broker_bench_vm vm, enum hc_link_op op, struct hc_link_message *message);

/* Lets all happen that can happen by now. */
void broker_bench_settle(void);
