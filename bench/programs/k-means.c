// Lloyd's algorithm on 1,024 points in the plane with eight centres, ten rounds, f32; returns the sum of the centres' bits.
#define POINTS 1024
#define CENTRES 8
static float x[POINTS], y[POINTS], cx[CENTRES], cy[CENTRES];

static float next(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)(*state >> 8) * (1.0f / 16777216.0f);
}

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < POINTS; i++) x[i] = next(&seed), y[i] = next(&seed);
}

__attribute__((export_name("run"))) unsigned run(void) {
  for (int c = 0; c < CENTRES; c++) cx[c] = x[c], cy[c] = y[c];
  for (int round = 0; round < 10; round++) {
    float sx[CENTRES] = {0}, sy[CENTRES] = {0};
    int count[CENTRES] = {0};
    for (int i = 0; i < POINTS; i++) {
      int nearest = 0;
      float least = 1e30f;
      for (int c = 0; c < CENTRES; c++) {
        float dx = x[i] - cx[c], dy = y[i] - cy[c], distance = dx * dx + dy * dy;
        if (distance < least) least = distance, nearest = c;
      }
      sx[nearest] += x[i], sy[nearest] += y[i], count[nearest]++;
    }
    for (int c = 0; c < CENTRES; c++)
      if (count[c]) cx[c] = sx[c] / (float)count[c], cy[c] = sy[c] / (float)count[c];
  }
  unsigned check = 0;
  for (int c = 0; c < CENTRES; c++) {
    union {
      float value;
      unsigned bits;
    } a = {cx[c]}, b = {cy[c]};
    check += a.bits + b.bits;
  }
  return check;
}
