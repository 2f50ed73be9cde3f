//! The OpenAPI document in `docs/openapi.json`.

use session_authority::transport::http::openapi_document;

use super::read_document;

#[test]
fn the_openapi_document_is_current() {
    assert!(read_document("docs/openapi.json") == openapi_document(), "run `make docs`");
}
