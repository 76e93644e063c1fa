/*
 * What a VM's file says of a Xen domain: the keys that only backend=xen has (oriel-vm(5)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "config-key.h"

enum hv_xen_type { HV_XEN_TYPE_PVH, HV_XEN_TYPE_PV, HV_XEN_TYPE_HVM };
enum hv_xen_disk_format {
	HV_XEN_DISK_FORMAT_RAW,
	HV_XEN_DISK_FORMAT_QCOW2,
	HV_XEN_DISK_FORMAT_VHD
};
enum hv_xen_firmware { HV_XEN_FIRMWARE_NONE, HV_XEN_FIRMWARE_BIOS, HV_XEN_FIRMWARE_OVMF };
enum hv_xen_device_model { HV_XEN_DEVICE_MODEL_STUBDOMAIN, HV_XEN_DEVICE_MODEL_DOM0 };

enum {
	HV_XEN_DOMAIN_ID_MAX = 0x7fef, /* then come Xen's own, which mean no domain */
	HV_XEN_VCPUS_MAX = 128,
	HV_XEN_WEIGHT_MAX = 65535,
	HV_XEN_CAP_MAX = HV_XEN_VCPUS_MAX * 100,
	HV_XEN_DISKS_MAX = 16,
	HV_XEN_NETWORKS_MAX = 8,
	HV_XEN_PCI_MAX = 16,
	HV_XEN_CMDLINE_MAX = 1023, /* bytes that a PV kernel's start page has for it */
};

struct hv_xen_disk {
	char *device; /* xvda, hda, sda */
	enum hv_xen_disk_format format;
	bool read_only;
	char *path; /* absolute */
};

struct hv_xen_network {
	char *bridge;
	char *mac; /* NULL: chosen when the domain is made */
};

struct hv_xen_config {
	char *domain; /* name, UUID or #ID of a domain that others start; NULL if Oriel does */
	uint32_t domain_id; /* that ID, 0 none */
	enum hv_xen_type type;
	char *kernel; /* absolute; NULL none, as are the next two */
	char *ramdisk;
	char *cmdline;
	enum hv_xen_firmware firmware;
	uint64_t memory_max; /* bytes, 0: as much as at the start */
	uint32_t vcpus;
	uint32_t weight; /* of the scheduler, 0: its default */
	uint32_t cap; /* percent of one processor, 0 none */
	GPtrArray *disks; /* of struct hv_xen_disk */
	GPtrArray *networks; /* of struct hv_xen_network */
	char **pci; /* DDDD:BB:DD.F, NULL-terminated, or NULL */
	enum hv_xen_device_model device_model;
	char *tsc_mode; /* as xl.cfg has it; NULL: its default */
};

extern const struct hv_config_key hv_xen_config_keys[];
extern const size_t hv_xen_config_key_count;

const char *hv_xen_type_name(enum hv_xen_type type);
const char *hv_xen_disk_format_name(enum hv_xen_disk_format format);
const char *hv_xen_firmware_name(enum hv_xen_firmware firmware);

/* True for text like 5e9f3c5e-8b7a-4b1c-9d55-0c7f6f3f2a10. */
bool hv_xen_is_uuid(const char *text);

/* The name, UUID or #ID of the VM's domain. */
const char *hv_xen_domain(const struct hv_vm_config *config);

void hv_xen_config_init(struct hv_xen_config *xen);
void hv_xen_config_finish(struct hv_xen_config *xen);

/* What is wrong with the keys taken together, and what to do, for people; *key is the one to be
 * named. NULL if nothing is. */
const char *hv_xen_config_check(const struct hv_vm_config *config, const char **key);
