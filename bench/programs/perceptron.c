// An f32 perceptron of 784, 128 and 10 units with a rectifier, 8 inputs; returns the sum of the outputs' bits.
#define INPUTS 784
#define HIDDEN 128
#define OUTPUTS 10
static float input[INPUTS], first[HIDDEN * INPUTS], hidden[HIDDEN], second[OUTPUTS * HIDDEN], output[OUTPUTS];

static float next(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)((int)*state >> 8) * (1.0f / 8388608.0f);
}

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < INPUTS; i++) input[i] = next(&seed);
  for (int i = 0; i < HIDDEN * INPUTS; i++) first[i] = next(&seed);
  for (int i = 0; i < OUTPUTS * HIDDEN; i++) second[i] = next(&seed);
}

static void dense(const float *x, const float *w, float *y, int inputs, int outputs) {
  for (int j = 0; j < outputs; j++) {
    float sum = 0;
    for (int i = 0; i < inputs; i++) sum += w[j * inputs + i] * x[i];
    y[j] = sum;
  }
}

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned check = 0;
  for (int round = 0; round < 8; round++) {
    input[round] += 1.0f;
    dense(input, first, hidden, INPUTS, HIDDEN);
    for (int i = 0; i < HIDDEN; i++) hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
    dense(hidden, second, output, HIDDEN, OUTPUTS);
    for (int i = 0; i < OUTPUTS; i++) check += *(unsigned *)&output[i];
  }
  return check;
}
