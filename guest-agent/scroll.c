#include "scroll.h"

#include <stdbool.h>

int32_t ga_scroll_add(struct ga_scroll *scroll, int32_t distance)
{
	bool turned = (distance > 0 && scroll->rest < 0) || (distance < 0 && scroll->rest > 0);
	int32_t sum = turned ? distance : scroll->rest + distance;
	scroll->rest = sum % GA_SCROLL_NOTCH;
	return sum / GA_SCROLL_NOTCH;
}
