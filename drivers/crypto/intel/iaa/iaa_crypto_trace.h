/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iaa_crypto

#if !defined(_IAA_CRYPTO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IAA_CRYPTO_TRACE_H

#include <linux/tracepoint.h>

/* A new map of queues is in service; no bytes: there is none */
TRACE_EVENT(iaa_rebalance,
	TP_PROTO(unsigned int devices, unsigned int queues, size_t bytes),
	TP_ARGS(devices, queues, bytes),
	TP_STRUCT__entry(
		__field(unsigned int, devices)
		__field(unsigned int, queues)
		__field(size_t, bytes)
	),
	TP_fast_assign(
		__entry->devices = devices;
		__entry->queues = queues;
		__entry->bytes = bytes;
	),
	TP_printk("devices=%u queues=%u bytes=%zu", __entry->devices,
		  __entry->queues, __entry->bytes)
);

/* A queue did not answer in time */
TRACE_EVENT(iaa_wq_stalled,
	TP_PROTO(int device, int queue),
	TP_ARGS(device, queue),
	TP_STRUCT__entry(
		__field(int, device)
		__field(int, queue)
	),
	TP_fast_assign(
		__entry->device = device;
		__entry->queue = queue;
	),
	TP_printk("wq%d.%d", __entry->device, __entry->queue)
);

#endif /* _IAA_CRYPTO_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE iaa_crypto_trace
#include <trace/define_trace.h>
