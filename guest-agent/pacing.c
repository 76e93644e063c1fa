#include "pacing.h"

bool ga_pacing_ready(const struct ga_pacing *pacing)
{
	return pacing->damaged && !pacing->reading && !pacing->in_flight;
}

void ga_pacing_damage(struct ga_pacing *pacing)
{
	pacing->damaged = true;
}

void ga_pacing_read(struct ga_pacing *pacing)
{
	pacing->damaged = false;
	pacing->reading = true;
}

void ga_pacing_read_failed(struct ga_pacing *pacing)
{
	pacing->reading = false;
}

uint32_t ga_pacing_present(struct ga_pacing *pacing)
{
	pacing->reading = false;
	pacing->in_flight = true;
	return ++pacing->serial;
}

bool ga_pacing_done(struct ga_pacing *pacing, uint32_t serial)
{
	if (!pacing->in_flight || pacing->serial != serial)
		return false;
	pacing->in_flight = false;
	return true;
}
