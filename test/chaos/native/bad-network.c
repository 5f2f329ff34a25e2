// A network of bad links between network namespaces, for machines whose kernel has no netem (and for those that do).
//
//   bad-network SEED PREFIX COUNT     for example: bad-network 7 10.250.3 3
//
// Makes COUNT namespaces, each with a tap device, loopback and the address PREFIX.1, PREFIX.2 …, and one more tap in the
// namespace it was started in, with PREFIX.254. Port 0 is that one. Prints `ready` and the namespaces' descriptors, which
// others enter by /proc/PID/fd/N. Then it carries frames, each direction of each pair of ports by its own rules, which
// come as lines on standard input:
//
//   link FROM TO DELAY_US JITTER_US LOSS DUPLICATE REORDER CORRUPT     (chances in millionths)
//   stats                                                              prints what it did so far
//
// Nothing of it has a name on the machine but one tap, and the kernel removes everything when the process ends, which it
// does when its standard input does. Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS 16
#define MAX_FRAME 2048
#define MAX_QUEUED 65536
#define HOST_ADDRESS 254
static const uint64_t MILLION = 1000000;

struct link {
  uint32_t delay_us, jitter_us, loss, duplicate, reorder, corrupt;
  uint64_t last_due_us;
};
struct frame {
  uint64_t due_us, order;
  int to, length;
  unsigned char bytes[MAX_FRAME];
};

static struct link links[MAX_PORTS][MAX_PORTS];
static int taps[MAX_PORTS], ports;
static struct frame *queue[MAX_QUEUED]; // a heap, the earliest first
static int queued;
static uint64_t order, random_state;
static struct {
  uint64_t carried, lost, duplicated, reordered, corrupted, delayed;
} stats;

static void fail(const char *what) {
  fprintf(stderr, "bad-network: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * MILLION + now.tv_nsec / 1000;
}

/** xorshift64*. */
static uint64_t draw(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 2685821657736338717ull;
}
static bool chance(uint32_t millionths) { return millionths > 0 && draw() % MILLION < millionths; }

static bool is_before(const struct frame *a, const struct frame *b) {
  return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}
static void swap(int i, int j) {
  struct frame *kept = queue[i];
  queue[i] = queue[j];
  queue[j] = kept;
}
static void push(struct frame *frame) {
  int at = queued++;
  queue[at] = frame;
  for (; at > 0 && is_before(queue[at], queue[(at - 1) / 2]); at = (at - 1) / 2) swap(at, (at - 1) / 2);
}
static struct frame *pop(void) {
  struct frame *first = queue[0];
  queue[0] = queue[--queued];
  for (int at = 0;;) {
    int least = at;
    for (int child = 2 * at + 1; child <= 2 * at + 2; child++) {
      if (child < queued && is_before(queue[child], queue[least])) least = child;
    }
    if (least == at) return first;
    swap(at, least);
    at = least;
  }
}

static void emit(const unsigned char *bytes, int length, int to, uint64_t due_us) {
  if (due_us == 0) {
    // A full device drops, as a wire does.
    if (write(taps[to], bytes, length) == length) stats.carried++;
    return;
  }
  struct frame *frame = queued < MAX_QUEUED ? malloc(sizeof *frame) : NULL;
  if (frame == NULL) return;
  frame->due_us = due_us;
  frame->order = order++;
  frame->to = to;
  frame->length = length;
  memcpy(frame->bytes, bytes, length);
  push(frame);
}

static void carry(const unsigned char *bytes, int length, int from, int to) {
  struct link *link = &links[from][to];
  if (chance(link->loss)) {
    stats.lost++;
    return;
  }
  unsigned char changed[MAX_FRAME];
  if (chance(link->corrupt)) {
    memcpy(changed, bytes, length);
    uint64_t bit = draw() % (8 * length);
    changed[bit / 8] ^= 1 << bit % 8;
    bytes = changed;
    stats.corrupted++;
  }
  uint64_t due_us = 0;
  if (link->delay_us + link->jitter_us > 0) {
    if (chance(link->reorder)) {
      stats.reordered++; // it overtakes those that wait
    } else {
      due_us = now_us() + link->delay_us + (link->jitter_us ? draw() % link->jitter_us : 0);
      if (due_us < link->last_due_us) due_us = link->last_due_us;
      link->last_due_us = due_us;
      stats.delayed++;
    }
  }
  emit(bytes, length, to, due_us);
  if (chance(link->duplicate)) {
    stats.duplicated++;
    emit(bytes, length, to, due_us);
  }
}

/** The last byte of a port's hardware address is its number. IPv6 only talks about itself here. */
static void receive(int from) {
  unsigned char bytes[MAX_FRAME];
  for (;;) {
    int length = read(taps[from], bytes, sizeof bytes);
    if (length < 14) return;
    if (bytes[12] == 0x86 && bytes[13] == 0xdd) continue;
    bool is_group = bytes[0] & 1;
    for (int to = 0; to < ports; to++) {
      if (to != from && (is_group || bytes[5] == to)) carry(bytes, length, from, to);
    }
  }
}

static void hardware_address(int port, struct sockaddr *address) {
  const unsigned char bytes[6] = {2, 0xb1, 0x77, 0, 0, port};
  address->sa_family = ARPHRD_ETHER;
  memcpy(address->sa_data, bytes, 6);
}
static void ip_address(const char *prefix, int port, struct sockaddr *address) {
  char text[32];
  struct sockaddr_in *in = (struct sockaddr_in *)address;
  snprintf(text, sizeof text, "%s.%d", prefix, port == 0 ? HOST_ADDRESS : port);
  in->sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &in->sin_addr) != 1) fail(text);
}

static void configure(int socket, unsigned long request, void *argument, const char *what) {
  if (ioctl(socket, request, argument) != 0) fail(what);
}

/** Makes the tap of a port in the present namespace. */
static void open_tap(int port, const char *prefix, int count) {
  taps[port] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (taps[port] < 0) fail("/dev/net/tun");
  struct ifreq device = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(device.ifr_name, IFNAMSIZ, port == 0 ? "bnc%%d" : "eth0");
  configure(taps[port], TUNSETIFF, &device, "a tap device");
  int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  hardware_address(port, &device.ifr_hwaddr);
  configure(socket_fd, SIOCSIFHWADDR, &device, "its hardware address");
  ip_address(prefix, port, &device.ifr_addr);
  configure(socket_fd, SIOCSIFADDR, &device, "its address");
  struct sockaddr_in *mask = (struct sockaddr_in *)&device.ifr_netmask;
  mask->sin_family = AF_INET;
  mask->sin_addr.s_addr = htonl(0xffffff00);
  configure(socket_fd, SIOCSIFNETMASK, &device, "its network");
  device.ifr_flags = IFF_UP | IFF_RUNNING;
  configure(socket_fd, SIOCSIFFLAGS, &device, "to set it up");
  // Nobody asks who has an address: a link that is cut in one direction carries the other.
  for (int other = 0; other <= count; other++) {
    if (other == port) continue;
    struct arpreq entry = {.arp_flags = ATF_PERM | ATF_COM};
    ip_address(prefix, other, &entry.arp_pa);
    hardware_address(other, &entry.arp_ha);
    memcpy(entry.arp_dev, device.ifr_name, sizeof entry.arp_dev);
    configure(socket_fd, SIOCSARP, &entry, "a neighbour");
  }
  if (port != 0) {
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    configure(socket_fd, SIOCSIFFLAGS, &loopback, "loopback");
  }
  close(socket_fd);
}

static void obey(char *line) {
  int from, to;
  struct link link = {0};
  if (strcmp(line, "stats") == 0) {
    printf("{\"carried\":%llu,\"lost\":%llu,\"duplicated\":%llu,\"reordered\":%llu,\"corrupted\":%llu,"
           "\"delayed\":%llu}\n",
           (unsigned long long)stats.carried, (unsigned long long)stats.lost,
           (unsigned long long)stats.duplicated, (unsigned long long)stats.reordered,
           (unsigned long long)stats.corrupted, (unsigned long long)stats.delayed);
  } else if (sscanf(line, "link %d %d %u %u %u %u %u %u", &from, &to, &link.delay_us, &link.jitter_us,
                    &link.loss, &link.duplicate, &link.reorder, &link.corrupt) == 8 &&
             from >= 0 && from < ports && to >= 0 && to < ports) {
    links[from][to] = link;
    printf("ok\n");
  } else {
    fprintf(stderr, "bad-network: not a command: %s\n", line);
    exit(1);
  }
}

/** False when standard input has ended. */
static bool read_commands(void) {
  static char text[4096];
  static size_t length;
  ssize_t got = read(0, text + length, sizeof text - 1 - length);
  if (got <= 0) return false;
  length += got;
  text[length] = 0;
  char *line = text, *end;
  for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = 0;
    obey(line);
  }
  length = text + length - line;
  memmove(text, line, length);
  return true;
}

static void run(void) {
  struct pollfd polled[MAX_PORTS + 1] = {{.fd = 0, .events = POLLIN}};
  for (int i = 0; i < ports; i++) polled[i + 1] = (struct pollfd){.fd = taps[i], .events = POLLIN};
  for (;;) {
    uint64_t now = now_us();
    while (queued > 0 && queue[0]->due_us <= now) {
      struct frame *frame = pop();
      if (write(taps[frame->to], frame->bytes, frame->length) == frame->length) stats.carried++;
      free(frame);
    }
    struct timespec wait = {0};
    if (queued > 0) {
      uint64_t wait_us = queue[0]->due_us - now;
      wait = (struct timespec){wait_us / MILLION, wait_us % MILLION * 1000};
    }
    if (ppoll(polled, ports + 1, queued > 0 ? &wait : NULL, NULL) < 0 && errno != EINTR) fail("poll");
    if (polled[0].revents != 0 && !read_commands()) return;
    for (int i = 0; i < ports; i++) {
      if (polled[i + 1].revents != 0) receive(i);
    }
  }
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  random_state = strtoull(arguments[1], NULL, 10) * 2 + 1;
  const char *prefix = arguments[2];
  int members = atoi(arguments[3]);
  if (members < 1 || members >= MAX_PORTS) return 2;
  ports = members + 1;
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), namespaces[MAX_PORTS];
  for (int i = 1; i <= members; i++) {
    if (unshare(CLONE_NEWNET) != 0) fail("a network namespace");
    open_tap(i, prefix, members);
    namespaces[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (namespaces[i] < 0) fail("/proc/self/ns/net");
  }
  if (setns(home, CLONE_NEWNET) != 0) fail("the way back");
  open_tap(0, prefix, members);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready");
  for (int i = 1; i <= members; i++) printf(" %d", namespaces[i]);
  printf("\n");
  run();
  return 0;
}
