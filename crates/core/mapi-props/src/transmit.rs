//! What of a message travels when it is sent. Reference: "Property identifier ranges" (requirement PRP-03)

use crate::{MessageTree, PropKey, PropTag, PropType, TreeProps};

impl MessageTree {
    /// The message as a transport may carry it: properties in non-transmittable ranges stay behind, those of recipients
    /// and attachments too; so does what is known of its source. An embedded message is content and stays whole, but for
    /// secure properties.
    #[must_use]
    pub fn into_transmittable(mut self) -> Self {
        self.original = None;
        self.defects.clear();
        self.props.retain(|key, _| travels(key));
        for row in &mut self.recipients {
            row.retain(|key, _| travels(key));
        }
        for attachment in &mut self.attachments {
            attachment.props.retain(|key, _| travels(key));
            if let crate::TreeContent::Message(message) = &mut attachment.content {
                message.without_secrets();
            }
        }
        self
    }

    fn without_secrets(&mut self) {
        keep_open(&mut self.props);
        self.recipients.iter_mut().for_each(keep_open);
        for attachment in &mut self.attachments {
            keep_open(&mut attachment.props);
            if let crate::TreeContent::Message(message) = &mut attachment.content {
                message.without_secrets();
            }
        }
    }
}

fn keep_open(props: &mut TreeProps) {
    props.retain(|key, _| !tag_of(key).is_some_and(PropTag::is_secure));
}

/// Named properties always travel.
fn travels(key: &PropKey) -> bool {
    tag_of(key).is_none_or(PropTag::is_transmittable)
}

const fn tag_of(key: &PropKey) -> Option<PropTag> {
    match key {
        PropKey::Id(id) => Some(PropTag::new(*id, PropType::UNSPECIFIED)),
        PropKey::Named(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::PropName;
    use crate::{
        AttachmentTree, MessageTree, PropKey, PropTag, PropType, TreeContent, guids, tags,
    };

    fn ids(tree: &MessageTree) -> Vec<PropKey> {
        tree.props.iter().map(|(key, _)| key.clone()).collect()
    }

    #[test]
    fn ranges_decide_what_travels() {
        let mut tree = MessageTree::default();
        let long = |id| PropTag::new(id, PropType::LONG);
        for id in [
            0x0E07, 0x0E99, 0x0FFF, 0x5FFF, 0x6001, 0x6680, 0x67F0, 0x6801, 0x7C01,
        ] {
            tree.props.set(long(id), 1);
        }
        let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Project");
        tree.props.insert(PropKey::Named(name.clone()), 1.into());
        let mut inner = MessageTree::default();
        inner
            .props
            .set(tags::MESSAGE_DELIVERY_TIME, crate::FileTime(7));
        inner.props.set(long(0x67F1), 1);
        let mut part = AttachmentTree {
            content: TreeContent::Message(Box::new(inner)),
            ..AttachmentTree::default()
        };
        part.props.set(tags::ATTACH_NUM, 3);
        part.props.set(tags::ATTACH_LONG_FILENAME, "m");
        tree.attachments.push(part);
        let sent = tree.into_transmittable();
        let kept = [
            PropKey::Id(0x5FFF),
            PropKey::Id(0x6801),
            PropKey::Named(name),
        ];
        assert_eq!(ids(&sent), kept);
        let part = sent.attachments.first().unwrap();
        assert_eq!(part.props.len(), 1);
        let TreeContent::Message(inner) = &part.content else {
            panic!("the embedded message is gone");
        };
        assert_eq!(ids(inner), [PropKey::Id(tags::MESSAGE_DELIVERY_TIME.id())]);
    }
}
