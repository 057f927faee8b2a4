// Integer dot product: 256 rows of 1,024 int8 weights times one int8 vector, int32 sums; returns their checksum.
#define ROWS 256
#define COLUMNS 1024
static signed char weights[ROWS * COLUMNS];
static signed char vector[COLUMNS];

static unsigned next(unsigned *state) { return *state = *state * 1664525u + 1013904223u; }

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < ROWS * COLUMNS; i++) weights[i] = (signed char)(next(&seed) >> 24);
  for (int i = 0; i < COLUMNS; i++) vector[i] = (signed char)(next(&seed) >> 24);
}

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned check = 0;
  for (int row = 0; row < ROWS; row++) {
    int sum = 0;
    for (int i = 0; i < COLUMNS; i++) sum += weights[row * COLUMNS + i] * vector[i];
    check = check * 31 + (unsigned)sum;
  }
  return check;
}
