//! What caches in front of the shop may keep, and by which names they are told to forget it. Pictures have a file of
//! their own.

use super::client::Client;
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_are_kept_for_everybody_and_can_be_forgotten_when_they_change() {
    let world = World::single(&[]).await;
    let answer = Client::new(world.address()).get("/.well-known/jwks.json").await.unwrap();
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.headers["surrogate-key"], "jwks");
    assert!(answer.headers["cache-control"].to_str().unwrap().starts_with("public, max-age=300"));
    assert!(!answer.headers.contains_key("set-cookie"));
}
