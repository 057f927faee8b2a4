// Levenshtein distance of two strings of 700 letters from an alphabet of four; returns the distance.
#define LENGTH 700
static unsigned char a[LENGTH], b[LENGTH];
static int row[LENGTH + 1];

__attribute__((export_name("prepare"))) void prepare(unsigned seed) {
  for (int i = 0; i < LENGTH; i++) {
    a[i] = (seed = seed * 1664525u + 1013904223u) >> 30;
    b[i] = (seed = seed * 1664525u + 1013904223u) >> 30;
  }
}

__attribute__((export_name("run"))) unsigned run(void) {
  for (int j = 0; j <= LENGTH; j++) row[j] = j;
  for (int i = 1; i <= LENGTH; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= LENGTH; j++) {
      int best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (diagonal + 1 < best) best = diagonal + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return (unsigned)row[LENGTH];
}
