// Eight bodies under gravity in f64, 2,000 steps of Euler's method; returns the low bits of the first one's place.
#define BODIES 8
static double place[BODIES][3], speed[BODIES][3], mass[BODIES];

static double next(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return (double)(int)*state / 2147483648.0;
}

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < BODIES; i++) {
    mass[i] = 1.5 + next(&seed);
    for (int d = 0; d < 3; d++) place[i][d] = 10 * next(&seed), speed[i][d] = next(&seed);
  }
}

__attribute__((export_name("run"))) unsigned run(void) {
  for (int step = 0; step < 2000; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        double d[3], square = 0.01;
        for (int k = 0; k < 3; k++) d[k] = place[i][k] - place[j][k], square += d[k] * d[k];
        double pull = 0.001 / (square * __builtin_sqrt(square));
        for (int k = 0; k < 3; k++) {
          speed[i][k] -= d[k] * mass[j] * pull;
          speed[j][k] += d[k] * mass[i] * pull;
        }
      }
    for (int i = 0; i < BODIES; i++)
      for (int k = 0; k < 3; k++) place[i][k] += 0.001 * speed[i][k];
  }
  union {
    double value;
    unsigned long long bits;
  } first = {place[0][0]};
  return (unsigned)first.bits;
}
