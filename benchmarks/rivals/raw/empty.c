// The empty C program: what the machine takes to start and end anything at all.
int main(void) {
  return 0;
}
