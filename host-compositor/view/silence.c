#include "silence.h"

void hc_silence_init(struct hc_silence *silence, uint64_t inputs)
{
	*silence = (struct hc_silence){ .inputs = inputs, .deadline = -1 };
}

enum hc_silence_event hc_silence_stand(struct hc_silence *silence, bool standing)
{
	bool ping = standing && !silence->pinged;
	silence->standing = standing;
	silence->deadline = -1;
	silence->pinged = silence->pinged || ping;
	return ping ? HC_SILENCE_PING : HC_SILENCE_NONE;
}

static enum hc_silence_event hear(struct hc_silence *silence, uint64_t received)
{
	bool told = silence->standing || (silence->pinged && silence->deadline < 0);
	silence->received = received;
	silence->deadline = -1;
	silence->pinged = false;
	return told ? HC_SILENCE_ENDS : HC_SILENCE_NONE;
}

enum hc_silence_event hc_silence_observe(
	struct hc_silence *silence, uint64_t inputs, uint64_t received, int64_t now)
{
	bool acted = inputs != silence->inputs;
	silence->inputs = inputs;
	if (received != silence->received)
		return hear(silence, received);
	if (acted && silence->deadline < 0 && !silence->pinged)
		silence->deadline = now + HC_SILENCE_MS;
	if (silence->deadline < 0 || now < silence->deadline)
		return HC_SILENCE_NONE;
	if (!silence->pinged) {
		silence->pinged = true;
		silence->deadline = now + HC_SILENCE_MS;
		return HC_SILENCE_PING;
	}
	silence->deadline = -1;
	return HC_SILENCE_BEGINS;
}
