// Heap sort of 16,384 pseudorandom 32-bit integers; returns a checksum of the order.
#define COUNT 16384
static unsigned values[COUNT], start;

__attribute__((export_name("prepare"))) void prepare(unsigned seed) { start = seed; }

static void sift(int root, int end) {
  unsigned value = values[root];
  for (int child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && values[child + 1] > values[child]) child++;
    if (values[child] <= value) break;
    values[root] = values[child];
  }
  values[root] = value;
}

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned seed = start, check = 0;
  for (int i = 0; i < COUNT; i++) values[i] = seed = seed * 1664525u + 1013904223u;
  for (int i = COUNT / 2 - 1; i >= 0; i--) sift(i, COUNT);
  for (int end = COUNT - 1; end > 0; end--) {
    unsigned top = values[0];
    values[0] = values[end];
    values[end] = top;
    sift(0, end);
  }
  for (int i = 0; i < COUNT; i++) check = check * 31 + values[i];
  return check;
}
