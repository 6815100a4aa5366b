//! An empty program on Tokio: the runtime is made and runs an empty task.

fn main() {
    rivals::runtime().block_on(async {});
}
