// Quick sort, recursive, of 16,384 pseudorandom 64-bit integers; returns a checksum of the order.
#define COUNT 16384
static unsigned long long values[COUNT], start;

__attribute__((export_name("prepare"))) void prepare(unsigned seed) { start = seed; }

static void sort(int low, int high) {
  while (low < high) {
    unsigned long long pivot = values[low + (high - low) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      unsigned long long swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    sort(low, j);
    low = i;
  }
}

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned long long state = start + 1;
  for (int i = 0; i < COUNT; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    values[i] = state;
  }
  sort(0, COUNT - 1);
  unsigned long long check = 0;
  for (int i = 0; i < COUNT; i++) check = check * 31 + values[i];
  return (unsigned)check;
}
