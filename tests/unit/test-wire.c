#include "unit.h"

#include "wire.h"

static void test_names(void)
{
	CU_ASSERT_STRING_EQUAL(vp_op_name(VP_OP_INPUT_KEY), "input_key");
	CU_ASSERT_STRING_EQUAL(vp_op_name(0xffff), "unknown");
	CU_ASSERT_EQUAL(vp_op_channel(VP_OP_INPUT_KEY), VP_CHANNEL_CONTROL);
	CU_ASSERT_EQUAL(vp_op_channel(0xffff), -1);
	CU_ASSERT_EQUAL(vp_op_directions(VP_OP_INPUT_KEY), VP_TO_GUEST);
	CU_ASSERT_EQUAL(vp_op_directions(0xffff), 0);
}

static const struct unit_test tests[] = {
	{ "every opcode has a name, a channel and a direction, an unknown one has none", test_names },
};

UNIT_MAIN("wire", tests)
