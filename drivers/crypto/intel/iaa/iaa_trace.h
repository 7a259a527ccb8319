/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iaa_comp

#if !defined(_IAA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IAA_TRACE_H

#include <linux/tracepoint.h>

#include "iaa.h"

#define show_iaa_op(op)					\
	__print_symbolic(op,				\
		{ IAA_OP_COMPRESS,	"compress" },	\
		{ IAA_OP_DECOMPRESS,	"decompress" },	\
		{ IAA_OP_VERIFY,	"verify" })

#define show_iaa_mode(mode)				\
	__print_symbolic(mode,				\
		{ IAA_COMP_FIXED,	"fixed" },	\
		{ IAA_COMP_DYNAMIC,	"dynamic" })

#define show_iaa_reason(reason)				\
	__print_symbolic(reason,			\
		{ IAA_NO_REASON,	"none" },	\
		{ IAA_NO_QUEUE,		"no_queue" },	\
		{ IAA_STALLED,		"stalled" },	\
		{ IAA_NO_MODE,		"no_mode" },	\
		{ IAA_BUSY,		"busy" },	\
		{ IAA_TOO_LONG,		"too_long" },	\
		{ IAA_NO_MAPPING,	"no_mapping" },	\
		{ IAA_TIMED_OUT,	"timed_out" },	\
		{ IAA_HW_ERROR,		"hw_error" },	\
		{ IAA_BAD_STREAM,	"bad_stream" },	\
		{ IAA_LIED,		"lied" })

DECLARE_EVENT_CLASS(iaa_comp_req,
	TP_PROTO(const struct iaa_comp_req *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(const void *, req)
		__field(unsigned int, slen)
		__field(unsigned int, dlen)
		__field(int, result)
		__field(u8, op)
		__field(u8, mode)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->req = req;
		__entry->slen = req->slen;
		__entry->dlen = req->dlen;
		__entry->result = req->result;
		__entry->op = req->op;
		__entry->mode = req->mode;
		__entry->reason = req->reason;
	),
	TP_printk("req=%p op=%s mode=%s slen=%u dlen=%u result=%d reason=%s",
		  __entry->req, show_iaa_op(__entry->op),
		  show_iaa_mode(__entry->mode), __entry->slen, __entry->dlen,
		  __entry->result, show_iaa_reason(__entry->reason))
);

/* A device, or software, has it now */
DEFINE_EVENT(iaa_comp_req, iaa_comp_submit,
	TP_PROTO(const struct iaa_comp_req *req),
	TP_ARGS(req)
);

/* Its owner has it back; result is final */
DEFINE_EVENT(iaa_comp_req, iaa_comp_retire,
	TP_PROTO(const struct iaa_comp_req *req),
	TP_ARGS(req)
);

/* Software takes over, for the reason given */
DEFINE_EVENT(iaa_comp_req, iaa_comp_fallback,
	TP_PROTO(const struct iaa_comp_req *req),
	TP_ARGS(req)
);

#endif /* _IAA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE iaa_trace
#include <trace/define_trace.h>
