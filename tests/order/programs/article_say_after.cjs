const say_after = (ms, what) =>
  new Promise((done) => setTimeout(() => { console.log(what); done(); }, ms));
async function main() {
  console.log('started');
  await Promise.all([say_after(10, 'Hello'), say_after(20, 'World')]);
  console.log('finished');
}
main();
