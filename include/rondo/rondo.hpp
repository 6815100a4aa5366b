#pragma once

// All of Rondo that a program may need, by floors. What is left out on purpose: protocols, the
// simulation and the inspector, which a program includes by name.

#include <rondo/base/assert.hpp>
#include <rondo/base/atomic_cell.hpp>
#include <rondo/base/backoff.hpp>
#include <rondo/base/config.hpp>
#include <rondo/base/error.hpp>
#include <rondo/base/inbox.hpp>
#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/job.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/base/random.hpp>
#include <rondo/base/result.hpp>
#include <rondo/base/sanitizers.hpp>
#include <rondo/base/slab.hpp>
#include <rondo/base/thread_lock.hpp>
#include <rondo/base/thread_token.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/timer_heap.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/base/version.hpp>

#include <rondo/os/address.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/os/datagram.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file.hpp>
#include <rondo/os/file_call.hpp>
#include <rondo/os/file_copy.hpp>
#include <rondo/os/file_system.hpp>
#include <rondo/os/file_watch.hpp>
#include <rondo/os/library_sockets.hpp>
#include <rondo/os/message_socket.hpp>
#include <rondo/os/messages.hpp>
#include <rondo/os/names.hpp>
#include <rondo/os/open_file.hpp>
#include <rondo/os/open_sockets.hpp>
#include <rondo/os/own_process.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/os/process.hpp>
#include <rondo/os/process_usage.hpp>
#include <rondo/os/secret.hpp>
#include <rondo/os/service.hpp>
#include <rondo/os/signals.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/os/terminal.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/os/thread_watch.hpp>
#include <rondo/os/unix_socket.hpp>

#include <rondo/probe/event.hpp>
#include <rondo/probe/histogram.hpp>
#include <rondo/probe/recorder.hpp>
#include <rondo/probe/tick_clock.hpp>
#include <rondo/probe/track.hpp>

#include <rondo/task/all_settled.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/async_stack.hpp>
#include <rondo/task/awaitable.hpp>
#include <rondo/task/cancel_scope.hpp>
#include <rondo/task/cancelled.hpp>
#include <rondo/task/child_lines.hpp>
#include <rondo/task/co_invoke.hpp>
#include <rondo/task/crew.hpp>
#include <rondo/task/elements_of.hpp>
#include <rondo/task/executor.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/first_group.hpp>
#include <rondo/task/for_each.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/generator.hpp>
#include <rondo/task/join_set.hpp>
#include <rondo/task/line_watcher.hpp>
#include <rondo/task/mistakes.hpp>
#include <rondo/task/parallel_scope.hpp>
#include <rondo/task/race.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/select.hpp>
#include <rondo/task/settled.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/stays.hpp>
#include <rondo/task/task.hpp>
#include <rondo/task/task_context.hpp>
#include <rondo/task/task_group.hpp>
#include <rondo/task/this_task.hpp>
#include <rondo/task/unit.hpp>
#include <rondo/task/when_all.hpp>
#include <rondo/task/when_any.hpp>
#include <rondo/task/with_resource.hpp>

#include <rondo/sync/array_store.hpp>
#include <rondo/sync/barrier.hpp>
#include <rondo/sync/broadcast.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/channel_store.hpp>
#include <rondo/sync/condition.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/guarded.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/sync/notify.hpp>
#include <rondo/sync/once.hpp>
#include <rondo/sync/once_cell.hpp>
#include <rondo/sync/oneshot.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/semaphore.hpp>
#include <rondo/sync/shared_mutex.hpp>
#include <rondo/sync/shared_value.hpp>
#include <rondo/sync/stack_channel.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/sync/watch.hpp>

#include <rondo/watchdog/beat.hpp>
#include <rondo/watchdog/facts.hpp>
#include <rondo/watchdog/limit.hpp>
#include <rondo/watchdog/stall.hpp>

#include <rondo/io/backend.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/io/file_call.hpp>
#include <rondo/io/op.hpp>
#include <rondo/io/poller.hpp>

#include <rondo/pool/blocking_job.hpp>
#include <rondo/pool/blocking_pool.hpp>

#include <rondo/loop/companion.hpp>
#include <rondo/loop/leaked_handle.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/loop_delay.hpp>
#include <rondo/loop/loop_metrics.hpp>
#include <rondo/loop/loop_work.hpp>

#include <rondo/async/any_stream.hpp>
#include <rondo/async/byte_stream.hpp>
#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/async/interval.hpp>
#include <rondo/async/io_awaiter.hpp>
#include <rondo/async/lines.hpp>
#include <rondo/async/loop_executor.hpp>
#include <rondo/async/offload.hpp>
#include <rondo/async/promise.hpp>
#include <rondo/async/promise_awaiter.hpp>
#include <rondo/async/promise_combinators.hpp>
#include <rondo/async/promise_core.hpp>
#include <rondo/async/promise_of.hpp>
#include <rondo/async/promise_state.hpp>
#include <rondo/async/ready_result.hpp>
#include <rondo/async/retry.hpp>
#include <rondo/async/run.hpp>
#include <rondo/async/shutdown_report.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/slice.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/unhandled_rejection.hpp>
#include <rondo/async/yield.hpp>

#include <rondo/runtime/loop_group.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/runtime/shard_call.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/runtime/worker_metrics.hpp>
#include <rondo/runtime/worker_port.hpp>
#include <rondo/runtime/worker_thread.hpp>

#include <rondo/dns/records.hpp>
#include <rondo/dns/resolver.hpp>
#include <rondo/dns/resolver_options.hpp>

#include <rondo/fs/copy.hpp>
#include <rondo/fs/file.hpp>
#include <rondo/fs/file_operation.hpp>
#include <rondo/fs/folder.hpp>
#include <rondo/fs/lines.hpp>
#include <rondo/fs/memory_map.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/open_options.hpp>
#include <rondo/fs/remove_all.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/fs/walk.hpp>
#include <rondo/fs/watch.hpp>
#include <rondo/fs/whole_file.hpp>

#include <rondo/pipe/fifo.hpp>
#include <rondo/pipe/pipe_stream.hpp>
#include <rondo/pipe/standard_streams.hpp>

#include <rondo/signal/ignored_signals.hpp>
#include <rondo/signal/signal_handler.hpp>
#include <rondo/signal/signal_set.hpp>

#include <rondo/service/service_manager.hpp>

#include <rondo/net/accept_backoff.hpp>
#include <rondo/net/byte_layer.hpp>
#include <rondo/net/datagram.hpp>
#include <rondo/net/io_buffer.hpp>
#include <rondo/net/ipc_channel.hpp>
#include <rondo/net/socket_file.hpp>
#include <rondo/net/socket_handle.hpp>
#include <rondo/net/stream_listener.hpp>
#include <rondo/net/stream_socket.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/net/tcp_socket.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/net/udp_socket.hpp>
#include <rondo/net/unix_datagram.hpp>
#include <rondo/net/unix_message.hpp>
#include <rondo/net/unix_stream.hpp>

#include <rondo/process/exit_status.hpp>
#include <rondo/process/process.hpp>
#include <rondo/process/process_options.hpp>

#include <rondo/tty/terminal.hpp>
