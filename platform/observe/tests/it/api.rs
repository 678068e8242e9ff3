//! The live tail.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use mainstay_observe::api;
use tower::ServiceExt;
use tracing::Level;

use crate::world::{World, line, span};

async fn open(world: &World, path: &str, last: Option<&str>) -> axum::response::Response {
    let mut request = Request::get(path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    api::routes(&world.store).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The next event's id and data.
async fn event(body: &mut Body) -> (String, serde_json::Value) {
    loop {
        let frame = body.frame().await.unwrap().unwrap();
        let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
            return (id.to_owned(), serde_json::from_str(data).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_tells_what_comes_in_and_resumes_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    world.tell_all([line("before", Level::INFO, None)]).await;

    let mut tail = open(&world, "/v1/logs/tail?level=info&after=0", None).await.into_body();
    let (id, first) = event(&mut tail).await;
    assert_eq!(first["message"], "before");
    world.tell_all([line("quiet", Level::DEBUG, None), line("second", Level::WARN, None)]).await;
    assert_eq!(event(&mut tail).await.1["message"], "second");
    drop(tail);

    // Whoever comes back gets what was said meanwhile, once.
    world.tell_all([line("third", Level::INFO, None)]).await;
    let mut tail = open(&world, "/v1/logs/tail?level=info", Some(&id)).await.into_body();
    assert_eq!(event(&mut tail).await.1["message"], "second");
    assert_eq!(event(&mut tail).await.1["message"], "third");

    let mut traces = open(&world, "/v1/traces/tail?after=0", None).await.into_body();
    world.tell(vec![span(5, 1, None, "GET /v1/now")]).await;
    assert_eq!(event(&mut traces).await.1["name"], "GET /v1/now");
}

#[tokio::test(flavor = "multi_thread")]
async fn tails_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    let routes = api::routes(&world.store);
    let mut open = Vec::new();
    for _ in 0..32 {
        let request = Request::get("/v1/logs/tail").body(Body::empty()).unwrap();
        open.push(routes.clone().oneshot(request).await.unwrap());
    }
    let request = || Request::get("/v1/logs/tail").body(Body::empty()).unwrap();
    let refused = routes.clone().oneshot(request()).await.unwrap();
    assert_ne!(refused.status(), StatusCode::OK);
    drop(open.pop());
    assert_eq!(routes.oneshot(request()).await.unwrap().status(), StatusCode::OK);
}
