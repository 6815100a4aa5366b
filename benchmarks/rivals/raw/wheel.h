// The limit for timers: a hierarchical wheel of milliseconds with intrusive lists, 5 levels of 64.
// It promises less than a runtime does (no order among timers due in one millisecond).
#ifndef RONDO_BENCHMARKS_WHEEL_H
#define RONDO_BENCHMARKS_WHEEL_H

#include <stdint.h>

typedef struct wheel_node {
  struct wheel_node *next, *previous;
} wheel_node;

typedef struct wheel_timer {
  wheel_node node;
  uint64_t due_ms;
  void (*fire)(void*);
  void* argument;
} wheel_timer;

enum { wheel_levels = 5, wheel_bits = 6, wheel_slots = 1 << wheel_bits };

typedef struct wheel {
  uint64_t now_ms;
  wheel_node slots[wheel_levels][wheel_slots];
} wheel;

static inline void wheel_open(wheel* all) {
  all->now_ms = 0;
  for (int level = 0; level < wheel_levels; ++level) {
    for (int slot = 0; slot < wheel_slots; ++slot) {
      wheel_node* head = &all->slots[level][slot];
      head->next = head->previous = head;
    }
  }
}

/// The level is that of the highest bit in which the due time differs from now.
static inline void wheel_insert(wheel* all, wheel_timer* timer) {
  uint64_t differs = timer->due_ms ^ all->now_ms;
  int level = differs == 0 ? 0 : (63 - __builtin_clzll(differs)) / wheel_bits;
  if (level >= wheel_levels) level = wheel_levels - 1;
  wheel_node* head = &all->slots[level][timer->due_ms >> (level * wheel_bits) & (wheel_slots - 1)];
  timer->node.next = head;
  timer->node.previous = head->previous;
  head->previous->next = &timer->node;
  head->previous = &timer->node;
}

static inline void wheel_remove(wheel_timer* timer) {
  timer->node.previous->next = timer->node.next;
  timer->node.next->previous = timer->node.previous;
}

/// Empties a slot: what is due fires, what is not moves to a lower level.
static inline void wheel_empty(wheel* all, wheel_node* head) {
  while (head->next != head) {
    wheel_timer* timer = (wheel_timer*)head->next;
    wheel_remove(timer);
    if (timer->due_ms <= all->now_ms)
      timer->fire(timer->argument);
    else
      wheel_insert(all, timer);
  }
}

static inline void wheel_advance(wheel* all, uint64_t now_ms) {
  while (all->now_ms < now_ms) {
    ++all->now_ms;
    for (int level = wheel_levels - 1; level >= 0; --level) {
      uint64_t unit = all->now_ms >> (level * wheel_bits);
      if (unit << (level * wheel_bits) == all->now_ms)
        wheel_empty(all, &all->slots[level][unit & (wheel_slots - 1)]);
    }
  }
}

#endif
