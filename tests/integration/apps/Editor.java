import java.awt.Font;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.swing.JFrame;
import javax.swing.JMenu;
import javax.swing.JMenuBar;
import javax.swing.JMenuItem;
import javax.swing.JScrollPane;
import javax.swing.JTextArea;
import javax.swing.KeyStroke;
import javax.swing.SwingUtilities;

/** usage: java Editor.java FILE - a Swing editor with a menu; Ctrl+S saves. */
public final class Editor {
	private static void save(Path file, JTextArea text) {
		try {
			Files.writeString(file, text.getText());
		} catch (IOException e) {
			throw new UncheckedIOException(e);
		}
	}

	private static void show(Path file) {
		// So low that the menu does not fit into the frame, and becomes a window of its own.
		JTextArea text = new JTextArea(2, 40);
		text.setFont(new Font(Font.MONOSPACED, Font.PLAIN, 14));
		text.getCaret().setBlinkRate(0);
		JMenuItem save = new JMenuItem("Save");
		save.setAccelerator(KeyStroke.getKeyStroke(KeyEvent.VK_S, InputEvent.CTRL_DOWN_MASK));
		save.addActionListener(event -> save(file, text));
		JMenuItem stamp = new JMenuItem("Stamp");
		stamp.addActionListener(event -> {
			text.append("stamped");
			save(file, text);
		});
		JMenu menu = new JMenu("File");
		menu.add(save);
		menu.add(stamp);
		for (String name : new String[] { "Cut", "Copy", "Paste", "Select all" })
			menu.add(new JMenuItem(name));
		JMenuBar bar = new JMenuBar();
		bar.add(menu);
		JFrame frame = new JFrame("Swing editor");
		frame.setDefaultCloseOperation(JFrame.EXIT_ON_CLOSE);
		frame.setJMenuBar(bar);
		frame.add(new JScrollPane(text));
		frame.pack();
		frame.setVisible(true);
	}

	public static void main(String[] arguments) {
		SwingUtilities.invokeLater(() -> show(Path.of(arguments[0])));
	}
}
